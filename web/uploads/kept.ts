import type { AnnouncedUpload } from '@sightline/client';
import type { Wish } from './wish.ts';

/** An upload that has not ended, as a reload finds it. */
export interface Kept {
  key: string;
  name: string;
  type: string;
  bytes: number;
  createdAt: number;
  wish: Wish;
  /** The analysis, once it is announced, and how its file is sent. */
  id?: string | undefined;
  form?: AnnouncedUpload['upload'] | undefined;
  /** Whether all of it is sent. */
  isSent?: boolean;
  /** Waits for its reader, after a reload too. */
  isPaused?: boolean;
}

const NAME = 'sightline';
const UPLOADS = 'uploads';
/** Apart, for gigabytes are written once. */
const FILES = 'files';

let opened: Promise<IDBDatabase> | undefined;

export async function keepUpload(kept: Kept): Promise<void> {
  await run(UPLOADS, 'readwrite', (store) => store.put(kept));
}

export async function keepFile(key: string, file: Blob): Promise<void> {
  await run(FILES, 'readwrite', (store) => store.put(file, key));
}

export async function forgetUpload(key: string): Promise<void> {
  await run(UPLOADS, 'readwrite', (store) => store.delete(key));
  await forgetFile(key);
}

export async function forgetFile(key: string): Promise<void> {
  await run(FILES, 'readwrite', (store) => store.delete(key));
}

/** In the order they came. */
export async function readKept(): Promise<Kept[]> {
  const all = await run<Kept[]>(UPLOADS, 'readonly', (store) => store.getAll());
  return (all ?? []).toSorted((one, other) => one.createdAt - other.createdAt);
}

/** Undefined where the browser had no room for it. */
export async function readFile(key: string): Promise<Blob | undefined> {
  const file = await run<unknown>(FILES, 'readonly', (store) => store.get(key));
  return file instanceof Blob ? file : undefined;
}

/** Nothing is kept where the browser does not let us (a private window, a full disk): the upload goes on. */
async function run<T>(
  store: string,
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  try {
    opened ??= open();
    const database = await opened;
    return await settle(ask(database.transaction(store, mode).objectStore(store)));
  } catch {
    return undefined;
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(UPLOADS, { keyPath: 'key' });
    request.result.createObjectStore(FILES);
  };
  return settle(request);
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
