import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileLinks, PictureLinks } from '../analysis/link-signer.ts';
import {
  type AnalysisRecord,
  hasEnded,
  type SummaryRecord,
  showAnalysis,
} from '../analysis/record.ts';
import { type Analyses, findOwn } from '../analysis/record-store.ts';
import type { Results } from '../analysis/result-store.ts';
import { matchETag } from '../api/validation.ts';

export interface LinkDeps {
  links: PictureLinks;
  /** Where files are linked to as well. */
  fileLinks?: FileLinks;
}

interface Links extends Partial<Awaited<ReturnType<PictureLinks>>> {
  self: string;
  file?: string;
}

/** What is played or read: of a picture a copy is shown, which nothing of its metadata is in. */
const LINKED = /^((video|audio)\/|application\/pdf$)/;

/**
 * Where an analysis is, and its picture: that of an ended one, for before it may not be there yet. Of a video,
 * a sound or a document that was read (`eTag`) and found good, the file too; where it was read for another
 * analysis, whose answer this one has, for as long as it is there.
 */
export async function describeLinks(
  { links, fileLinks }: LinkDeps,
  record: SummaryRecord & Pick<AnalysisRecord, 'eTag' | 'fileKey'>,
): Promise<Links> {
  const { id, status, picture, source, eTag, fileKey } = record;
  const { key, mediaType = '' } = source;
  const read = eTag === undefined ? fileKey : key;
  const isLinked = status === 'succeeded' && LINKED.test(mediaType);
  return {
    self: `/v1/analyses/${id}`,
    ...(picture && hasEnded(status) ? await links(picture) : {}),
    ...(fileLinks && read && isLinked ? { file: await fileLinks(read, mediaType) } : {}),
  };
}

/** Pause between two looks at a record that is waited for, in milliseconds: growing to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 700;
const PAUSE_GROWTH = 1.4;

export interface LookUpDeps extends LinkDeps {
  analyses: Pick<Analyses, 'read'>;
  results: Pick<Results, 'read'>;
  now(): number;
}

interface WaitOptions {
  id: string;
  clientId: string;
  /** Epoch milliseconds; past or present: looks once. */
  until: number;
  /** An `If-None-Match` header: waits for a state that it does not name, instead of for the end. */
  unlike?: string | undefined;
}

export interface Seen {
  analysis: ReturnType<typeof showAnalysis> & { links: Links };
  eTag: string;
  ended: boolean;
}

/** The client's analysis, as soon as it has ended or changed, at the latest when the time is up; undefined if there is none. */
export async function waitForAnalysis(
  deps: LookUpDeps,
  { id, clientId, until, unlike }: WaitOptions,
): Promise<Seen | undefined> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS)) {
    const record = await findOwn(deps.analyses, clientId, id);
    if (!record) return undefined;
    const eTag = tagOf(record, deps.now());
    const ended = hasEnded(record.status);
    const left = until - deps.now();
    const settled = ended || (unlike !== undefined && !matchETag(unlike, eTag));
    if (settled || left <= 0) return { analysis: await show(deps, record), eTag, ended };
    await sleep(Math.min(pause, left));
  }
}

async function show(deps: LookUpDeps, record: AnalysisRecord) {
  const { resultKey, result } = record;
  const isApart = resultKey && record.status === 'succeeded';
  const full = isApart ? await deps.results.read(resultKey) : result;
  return { ...showAnalysis(record, full, deps.now()), links: await describeLinks(deps, record) };
}

/** Changes with everything that a client can see, the computed status too, but its links, which are always others. A result comes with its end. */
function tagOf(record: AnalysisRecord, now: number): string {
  const state = JSON.stringify(showAnalysis(record, undefined, now));
  return `"${createHash('sha256').update(state).digest('base64url').slice(0, 27)}"`;
}
