import { render } from 'preact';
import { App } from './app.tsx';
import { keepFocus } from './keep-focus.ts';
import { startRouter } from './router.ts';
import { applyScheme } from './scheme.ts';
import { loadSession } from './session.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';

applyScheme();
startRouter();
await loadSession();
const place = document.getElementById('app');
if (place) {
  render(<App />, place);
  keepFocus(place);
}
