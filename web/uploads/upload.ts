import { type Signal, signal } from '@preact/signals';
import type { Analysis } from '@sightline/client';
import type { PageProblem } from '../problems.ts';
import type { Kept } from './kept.ts';

export const STEPS = [
  'uploading',
  'queued',
  'validating',
  'converting',
  'analyzing',
  'storing',
  'done',
] as const;
export type StepName = (typeof STEPS)[number];

export interface UploadState {
  /** `waiting` in line; `following` = sent, the service works on it. */
  phase: 'waiting' | 'reading' | 'uploading' | 'paused' | 'following' | 'ended' | 'problem';
  /** Bytes of the form. */
  sent: number;
  total: number;
  /** Waits for the rate limit: when that lets it go on, in milliseconds since 1970. */
  limitedUntil?: number | undefined;
  /** When each step was first seen, in milliseconds since 1970. */
  seen: Partial<Record<StepName, number>>;
  analysis?: Analysis | undefined;
  problem?: PageProblem | undefined;
}

/** A file of this visit, from the hand to the answer. */
export interface Upload {
  kept: Kept;
  state: Signal<UploadState>;
  /** As it was chosen; of one from before a reload, while it has to be sent. */
  file: Blob | undefined;
  /** Shows the file, where a browser can. */
  url: string | undefined;
  /** Ends what runs now: a pause, a cancelling. */
  stop: AbortController;
}

export function createUpload(kept: Kept, file: Blob | undefined): Upload {
  const first: UploadState = { phase: 'waiting', sent: 0, total: kept.bytes, seen: {} };
  const url = file && URL.createObjectURL(file);
  return { kept, state: signal(first), file, url, stop: new AbortController() };
}

export function change({ state }: Upload, news: Partial<UploadState>): void {
  state.value = { ...state.value, ...news };
}

/** Notes the moment of a step, once. */
export function see(upload: Upload, step: StepName): void {
  const { seen } = upload.state.value;
  if (seen[step] === undefined) change(upload, { seen: { ...seen, [step]: Date.now() } });
}

/** The same by an analysis: the step that it is at. */
export function seeIn(seen: UploadState['seen'], { status, stage }: Analysis): UploadState['seen'] {
  const step = stepOf(status, stage);
  return seen[step] === undefined ? { ...seen, [step]: Date.now() } : seen;
}

function stepOf(status: Analysis['status'], stage: Analysis['stage']): StepName {
  if (status === 'processing') return stage ?? 'validating';
  return ['queued', 'awaiting_upload', 'expired'].includes(status) ? 'queued' : 'done';
}
