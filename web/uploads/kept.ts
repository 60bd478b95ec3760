import type { AnnouncedUpload } from '@sightline/client';
import type { Wish } from './upload.ts';

/** An upload that has not ended, as a reload finds it. */
export interface Kept {
  key: string;
  name: string;
  type: string;
  bytes: number;
  createdAt: number;
  wish: Wish;
  /** Until all of it is sent. */
  file?: Blob | undefined;
  /** The analysis, once it is announced, and how its file is sent. */
  id?: string | undefined;
  form?: AnnouncedUpload['upload'] | undefined;
}

const NAME = 'sightline';
const STORE = 'uploads';

let opened: Promise<IDBDatabase> | undefined;

export async function keepUpload(kept: Kept): Promise<void> {
  await run('readwrite', (store) => store.put(kept));
}

export async function forgetUpload(key: string): Promise<void> {
  await run('readwrite', (store) => store.delete(key));
}

/** In the order they came. */
export async function readKept(): Promise<Kept[]> {
  const all = await run<Kept[]>('readonly', (store) => store.getAll());
  return (all ?? []).toSorted((one, other) => one.createdAt - other.createdAt);
}

/** Nothing is kept where the browser does not let us (a private window, a full disk): the upload goes on. */
async function run<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  try {
    opened ??= open();
    const database = await opened;
    return await settle(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } catch {
    return undefined;
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
  return settle(request);
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
