import { createProblemError } from './problems.js';
import { describeFile, sendFile } from './upload.js';

/** Pictures under way at the same time; the others wait for their turn. */
const MAX_AT_ONCE = 3;

/** Lets at most MAX_AT_ONCE tasks run, in the order they came. */
export function createLine() {
  const waiting = [];
  let running = 0;
  const next = () => {
    if (running >= MAX_AT_ONCE || waiting.length === 0) return;
    running += 1;
    const task = waiting.shift();
    task().finally(() => {
      running -= 1;
      next();
    });
  };
  return (task) => {
    waiting.push(task);
    next();
  };
}

/**
 * Takes one picture all the way: upload asked for, file sent, analysis followed to its end. Notes in `entry`
 * how far it came. Throws where it ends without an analysis.
 */
export async function runPicture({ api, file, question, maxBytes, entry, follow }) {
  const { card, stop } = entry;
  if (maxBytes && file.size > maxBytes) throw createProblemError({ code: 'file_too_large' });
  card.showUpload(0, file.size);
  // A try that failed on its way left a record that nothing would ever come for.
  if (entry.id) await api.deleteAnalysis(entry.id).catch(() => undefined);
  const wanted = await describeFile(file, question);
  const patience = { signal: stop.signal, onWait: card.showWaiting };
  const { id, upload } = await api.createUpload(wanted, patience);
  entry.id = id;
  // Without an upload the service has had these bytes before, and the analysis is there already.
  if (upload) await sendFile(upload, file, { onProgress: card.showUpload, signal: stop.signal });
  entry.uploaded = true;
  return follow(entry);
}
