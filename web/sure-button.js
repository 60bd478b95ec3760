import { build, setText } from './dom.js';

/**
 * A button that deletes, and asks once more in its own place, for nothing comes back from a delete. Cancelling
 * what has just begun needs no second thought: `sure` leaves it out.
 */
export function createSureButton({ label, name, onSure, sure = false }) {
  let words = label;
  let isSure = sure;
  const button = build('button', { type: 'button', class: 'plain' });
  const relax = () => {
    button.classList.remove('sure');
    setText(button, words);
    if (name) button.setAttribute('aria-label', name);
  };
  const ask = () => {
    button.classList.add('sure');
    button.removeAttribute('aria-label');
    setText(button, 'Really delete?');
  };
  const act = async () => {
    button.disabled = true;
    await onSure();
    button.disabled = false;
    relax();
  };
  button.addEventListener('blur', relax);
  button.addEventListener('click', () => {
    if (isSure || button.classList.contains('sure')) act();
    else ask();
  });
  relax();
  const change = (next) => {
    words = next.label;
    isSure = next.sure ?? false;
    relax();
  };
  return { element: button, change };
}
