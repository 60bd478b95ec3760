import { build, setText } from './dom.js';
import { formatBytes } from './format.js';

const STEPS = ['uploading', 'queued', 'validating', 'converting', 'analyzing', 'storing', 'done'];

const SENTENCES = {
  uploading: 'Uploading…',
  queued: 'Uploaded. Waiting for its turn…',
  awaiting: 'Waiting for the upload to be noticed…',
  validating: 'Checking the file…',
  converting: 'Preparing the picture…',
  analyzing: 'Asking the model…',
  storing: 'Storing the result…',
  done: 'Done.',
};

/** The way of one picture: a bar of steps, the upload's progress, and one sentence that is read out. */
export function createStages() {
  const items = STEPS.map((step) => build('li', { 'data-step': step }, build('span', {}, step)));
  const steps = build('ol', { class: 'steps' }, ...items);
  const progress = build('progress', { max: '1', value: '0', 'aria-label': 'Upload' });
  const amount = build('span', { class: 'amount quiet' });
  const upload = build('div', { class: 'upload' }, progress, amount);
  const sentence = build('p', { class: 'sentence', role: 'status' });
  const element = build('div', { class: 'stages' }, steps, sentence, upload);

  const showStep = (current, words = SENTENCES[current]) => {
    const at = STEPS.indexOf(current);
    for (const [position, item] of items.entries()) {
      item.classList.toggle('past', position < at || current === 'done');
      if (position === at) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
    upload.hidden = current !== 'uploading';
    setText(sentence, words);
  };

  showStep('uploading', 'Waiting for the pictures before it…');
  return {
    element,
    showUpload(sent, total) {
      showStep('uploading');
      progress.value = total > 0 ? sent / total : 0;
      const percent = Math.floor(progress.value * 100);
      setText(amount, `${percent} % · ${formatBytes(sent)} of ${formatBytes(total)}`);
    },
    showWaiting(seconds) {
      showStep('uploading', `Too many pictures at once. Going on in ${seconds} s…`);
    },
    showAnalysis({ status, stage, error }) {
      if (status === 'processing') showStep(stage ?? 'validating');
      else if (status === 'queued')
        showStep('queued', error ? `${error.message} Trying again…` : SENTENCES.queued);
      else if (status === 'awaiting_upload') showStep('queued', SENTENCES.awaiting);
      else showStep('done', status === 'succeeded' ? 'Done.' : 'Ended without a result.');
    },
  };
}
