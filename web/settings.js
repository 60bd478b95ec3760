import { build, byId } from './dom.js';

const KEY_NAME = 'sightline-key';
const REFUSED_NAME = 'sightline-key-refused';

/** The stack on this machine tells page and key in `/config.json`; elsewhere there is none. */
export async function loadSettings() {
  const response = await fetch('/config.json', { cache: 'no-store' });
  if (!response.ok) return { apiKey: sessionStorage.getItem(KEY_NAME) ?? undefined };
  return response.json();
}

/** Asks for a key and keeps it for this tab. */
export function askForKey() {
  const form = byId('key-form');
  form.hidden = false;
  byId('key-refused').hidden = sessionStorage.getItem(REFUSED_NAME) === null;
  byId('key').focus();
  return new Promise((resolve) => {
    form.addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        const key = byId('key').value.trim();
        sessionStorage.setItem(KEY_NAME, key);
        sessionStorage.removeItem(REFUSED_NAME);
        form.hidden = true;
        resolve(key);
      },
      { once: true },
    );
  });
}

/** A key that was refused is asked for anew, by the page's next load; one of `/config.json` stays. */
export function forgetKey() {
  if (sessionStorage.getItem(KEY_NAME) === null) return;
  sessionStorage.removeItem(KEY_NAME);
  sessionStorage.setItem(REFUSED_NAME, 'yes');
  location.reload();
}

/** Says plainly that nothing is understood here, and how to change it. */
export function showStandInNotice() {
  byId('notices').append(
    build(
      'p',
      { class: 'notice' },
      build('strong', {}, 'No Gemini key is set. '),
      'A stand-in measures your pictures (size, colours, brightness, sharpness) and understands nothing in them. For real analyses stop it and start it with a key: ',
      build('code', {}, 'GEMINI_API_KEY=… npm start'),
    ),
  );
}
