import { createApi } from './api.js';
import { byId, setText } from './dom.js';
import { formatBytes } from './format.js';
import { createHistory } from './history.js';
import { watchIntake } from './intake.js';
import { createPictures } from './pictures.js';
import { askForKey, forgetKey, loadSettings, showStandInNotice } from './settings.js';

const { apiKey, model, maxBytes } = await loadSettings();
if (model?.standIn) showStandInNotice();
const api = createApi(apiKey ?? (await askForKey()));

const pictures = createPictures({
  api,
  maxBytes,
  onChange: () => history.refresh(),
  onUnauthorized: forgetKey,
});
const history = createHistory({
  api,
  onOpen: pictures.open,
  onDelete: pictures.remove,
  onUnauthorized: forgetKey,
});

watchIntake((files, question) => {
  for (const file of files) pictures.add(file, question);
});
if (maxBytes) setText(byId('limits'), `Up to ${formatBytes(maxBytes)} each.`);
byId('intake').hidden = false;
byId('history').hidden = false;
history.refresh();
