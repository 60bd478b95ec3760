/** Larger ones would have to be held whole; they go without. 100 MB. */
const MAX_BYTES = 100 * 1024 * 1024;

let worker: Worker | undefined;
let turns = 0;

/** The sha256 of a file in hex, by which known content needs no upload; undefined where it cannot be told. */
export function digestFile(file: Blob): Promise<string | undefined> {
  if (file.size > MAX_BYTES || !isSecureContext) return Promise.resolve(undefined);
  const answering = startWorker();
  turns += 1;
  const turn = turns;
  return new Promise((resolve) => {
    const listen = ({ data }: MessageEvent<{ turn: number; sha256?: string }>) => {
      if (data.turn !== turn) return;
      answering.removeEventListener('message', listen);
      resolve(data.sha256);
    };
    answering.addEventListener('message', listen);
    answering.addEventListener('error', () => resolve(undefined), { once: true });
    answering.postMessage({ turn, file });
  });
}

function startWorker(): Worker {
  worker ??= new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' });
  return worker;
}
