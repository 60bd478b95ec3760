import { client } from '../session.ts';

/** Thumbnails that are held ready, each a few kilobytes; of those beyond, the longest unseen goes. */
const MAX_HELD = 400;
/** Loaded at the same time. */
const MAX_LOADING = 8;

const held = new Map<string, string>();
let loading = 0;
const line: (() => void)[] = [];

/** The address of an analysis' thumbnail in this window; undefined where it has none any more. Rejects when aborted. */
export async function loadThumbnail(
  id: string,
  link: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = held.get(id);
  if (known) {
    held.delete(id);
    held.set(id, known); // seen last
    return known;
  }
  const blob = await inTurn(() => fetchThumbnail(id, link, signal), signal);
  return blob && hold(id, URL.createObjectURL(blob));
}

export function heldThumbnail(id: string): string | undefined {
  return held.get(id);
}

async function fetchThumbnail(id: string, link: string, signal: AbortSignal) {
  const first = await fetchRange(link, signal).catch(() => undefined);
  if (first) return first;
  signal.throwIfAborted();
  // Links are good for some minutes only: the analysis has a new one.
  const { links } = await client.get(id, { signal });
  return links.thumbnail ? fetchRange(links.thumbnail, signal) : undefined;
}

/** What stands behind `#` names the part of the picture that is the small one. */
async function fetchRange(link: string, signal: AbortSignal): Promise<Blob | undefined> {
  const range = new URL(link).hash.slice(1);
  const response = await fetch(link, { signal, ...(range && { headers: { range } }) });
  return response.ok ? response.blob() : undefined;
}

function hold(id: string, url: string): string {
  held.set(id, url);
  const [oldest] = held;
  if (held.size > MAX_HELD && oldest) {
    held.delete(oldest[0]);
    URL.revokeObjectURL(oldest[1]);
  }
  return url;
}

async function inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (loading >= MAX_LOADING) await new Promise<void>((resolve) => line.push(resolve));
  loading += 1;
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    loading -= 1;
    line.shift()?.();
  }
}
