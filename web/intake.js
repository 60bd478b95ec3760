import { byId } from './dom.js';

/** The ways in for pictures: the button, dropping anywhere, pasting. Each gives `onFiles(files, question)`. */
export function watchIntake(onFiles) {
  const input = byId('files');
  const drop = byId('drop');
  const question = byId('question');
  const take = (files) => {
    const chosen = [...files];
    if (chosen.length > 0) onFiles(chosen, question.value.trim());
  };

  byId('choose').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    take(input.files);
    // Else choosing the same file again would be no change.
    input.value = '';
  });
  document.addEventListener('paste', (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
  // On the whole page: a file dropped beside the mark would make the browser leave it.
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) drop.classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    take(event.dataTransfer?.files ?? []);
  });
}
