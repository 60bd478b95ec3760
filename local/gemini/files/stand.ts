import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routeFiles } from './routes.ts';
import { createFileScript } from './script.ts';
import { openFileStore } from './store.ts';

export interface FilesOptions {
  /** Where uploaded files stay; none: a folder of its own, which goes when it closes. */
  filesFolder?: string;
  /** How long a finished file of this type stays PROCESSING, in milliseconds. */
  processingMs?: (mimeType: string) => number;
  /** What pieces of a file have to be multiples of. */
  granularityBytes?: number;
  /** Of files: epoch milliseconds. */
  now?: () => number;
}

/** Videos are looked through first; all else is there at once. */
const VIDEO_PROCESSING_MS = 1_500;
const processVideos = (mimeType: string) =>
  mimeType.startsWith('video/') ? VIDEO_PROCESSING_MS : 0;

/** The stand-in's Files API: its store, its script, and what answers. */
export function openFiles(options: FilesOptions, checkKey: (request: IncomingMessage) => void) {
  const { filesFolder, processingMs = processVideos } = options;
  const folder = filesFolder ?? mkdtempSync(join(tmpdir(), 'sightline-gemini-'));
  const store = openFileStore(folder, options);
  const script = createFileScript();
  return {
    store,
    script: script.set,
    answer: (request: IncomingMessage, baseUrl: string) =>
      routeFiles(request, { store, baseUrl, processingMs, checkKey, takeFault: script.take }),
    close: () => {
      if (!filesFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
