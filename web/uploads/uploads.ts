import { signal } from '@preact/signals';
import { problemOf } from '../problems.ts';
import { client } from '../session.ts';
import { forgetUpload, type Kept, keepFile, keepUpload, readFile, readKept } from './kept.ts';
import { runUpload } from './run-upload.ts';
import { change, createUpload, type Upload } from './upload.ts';
import type { Wish } from './wish.ts';

/** The files of this visit, those added last first. */
export const uploads = signal<Upload[]>([]);

/** Takes files in; each goes its way by itself. One that a reload has lost goes on where it was. */
export function addFiles(files: readonly File[], wish: Wish, fallbackName: string): void {
  const fresh = files.filter((file) => !findAgain(file));
  const added = fresh.map((file, index) => createUpload(describe(file, index), file));
  uploads.value = [...added, ...uploads.value];
  for (const { kept, file } of added) {
    void keepUpload(kept);
    if (file) void keepFile(kept.key, file);
  }
  for (const upload of added) start(upload);

  function describe({ name, type, size }: File, index: number): Kept {
    const key = crypto.randomUUID();
    const createdAt = Date.now() + index / 1000;
    const own = keepFitting(wish, type);
    return { key, name: name || fallbackName, type, bytes: size, createdAt, wish: own };
  }
}

/** A part of a recording means nothing to a document, nor pages to a picture. */
function keepFitting({ clip, pages, ...wish }: Wish, type: string): Wish {
  const isTimed = type.startsWith('video/') || type.startsWith('audio/');
  const isDocument = type === 'application/pdf';
  return {
    ...wish,
    ...(isTimed && clip ? { clip } : {}),
    ...(isDocument && pages ? { pages } : {}),
  };
}

function findAgain(file: File): boolean {
  const lost = uploads.value.find(
    ({ kept, state }) =>
      state.value.problem?.code === 'file_lost' &&
      kept.name === file.name &&
      kept.bytes === file.size,
  );
  if (!lost) return false;
  lost.file = file;
  resumeUpload(lost);
  return true;
}

/** Goes on with what a reload interrupted; what another window of this browser works on is left to it. */
export async function restoreUploads(): Promise<void> {
  for (const kept of await readKept()) {
    if (uploads.value.some((upload) => upload.kept.key === kept.key)) continue;
    const restore = async () => {
      const upload = createUpload(kept, await readFile(kept.key));
      uploads.value = [upload, ...uploads.value];
      if (kept.isPaused) change(upload, { phase: 'paused' });
      else await run(upload);
    };
    void holdLock(kept.key, restore, { ifAvailable: true });
  }
}

function start(upload: Upload): void {
  void holdLock(upload.kept.key, () => run(upload));
}

/** Says to the browser's other windows that this one is at it. */
async function holdLock(
  key: string,
  work: () => Promise<void>,
  options: LockOptions = {},
): Promise<void> {
  if (!navigator.locks) return work(); // not on http:// but for this machine's own
  const name = `sightline-upload-${key}`;
  await navigator.locks.request(name, options, (lock) => (lock ? work() : undefined));
}

async function run(upload: Upload): Promise<void> {
  const { signal } = upload.stop;
  try {
    if (upload.kept.bytes > 0) await runUpload(upload);
    else change(upload, { phase: 'problem', problem: { code: 'file_empty', retryable: false } });
  } catch (error) {
    if (signal.aborted) return;
    change(upload, { phase: 'problem', problem: problemOf(error) });
    if (problemOf(error).retryable === false) await forgetUpload(upload.kept.key);
  }
}

/** What was sent of a small file is sent again. */
export function pauseUpload(upload: Upload): void {
  upload.stop.abort();
  upload.kept.isPaused = true;
  void keepUpload(upload.kept);
  change(upload, { phase: 'paused' });
}

/** After a pause, or a failure. */
export function resumeUpload(upload: Upload): void {
  upload.stop = new AbortController();
  upload.kept.isPaused = false;
  void keepUpload(upload.kept);
  start(upload);
}

/** Ends it wherever it is, and removes what the service has of it. */
export async function removeUpload(upload: Upload): Promise<void> {
  upload.stop.abort();
  const { id } = upload.kept;
  try {
    if (id) await client.delete(id);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code !== 'analysis_not_found') {
      change(upload, { phase: 'problem', problem });
      return;
    }
  }
  dropUpload(upload);
}

/** Takes it off the page; its analysis stays in the library. */
export function dropUpload(upload: Upload): void {
  uploads.value = uploads.value.filter((one) => one !== upload);
  void forgetUpload(upload.kept.key);
  if (upload.url) URL.revokeObjectURL(upload.url);
}
