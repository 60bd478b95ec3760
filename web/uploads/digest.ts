/** Larger ones go without, for it would take a minute: 1 GB. */
const MAX_BYTES = 1024 ** 3;

/** What the worker is told: of a turn without a file, that nobody waits for it any more. */
export interface DigestOrder {
  turn: number;
  file?: Blob;
}

export interface DigestAnswer {
  turn: number;
  /** Bytes, on the way. */
  done?: number;
  isDone?: boolean;
  sha256?: string;
}

interface DigestOptions {
  signal: AbortSignal;
  /** Of large files; bytes. */
  onProgress: (done: number) => void;
}

let worker: Worker | undefined;
let turns = 0;

/** The sha256 of a file in hex, by which known content needs no upload; undefined where it cannot be told, or was aborted. */
export function digestFile(
  file: Blob,
  { signal, onProgress }: DigestOptions,
): Promise<string | undefined> {
  if (file.size > MAX_BYTES) return Promise.resolve(undefined);
  const answering = startWorker();
  turns += 1;
  const turn = turns;
  const ended = new AbortController();
  return new Promise<string | undefined>((resolve) => {
    const listen = ({ data }: MessageEvent<DigestAnswer>) => {
      if (data.turn !== turn) return;
      if (data.isDone) resolve(data.sha256);
      else onProgress(data.done ?? 0);
    };
    answering.addEventListener('message', listen, ended);
    answering.addEventListener('error', () => resolve(undefined), ended);
    signal.addEventListener('abort', () => answering.postMessage({ turn }), ended);
    answering.postMessage({ turn, file });
  }).finally(() => ended.abort());
}

function startWorker(): Worker {
  worker ??= new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' });
  return worker;
}
