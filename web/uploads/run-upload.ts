import type { Analysis, Client } from '@sightline/client';
import { untilReached } from '../patient-fetch.ts';
import { connect } from '../session.ts';
import { digestFile } from './digest.ts';
import { forgetFile, forgetUpload, keepUpload } from './kept.ts';
import { createLine } from './line.ts';
import { change, see, seeIn, type Upload } from './upload.ts';

/** Files on their way at the same time; the others wait for their turn. */
const MAX_SENDING = 3;
/** Analyses asked about at the same time: a browser opens six connections to one host, and others want some. */
const MAX_FOLLOWING = 3;
/** A form that ends within so many milliseconds is not begun with. */
const FORM_MARGIN_MS = 30_000;

const sending = createLine(MAX_SENDING);
const following = createLine(MAX_FOLLOWING);

/**
 * Takes an upload from wherever it stands to its end: new, paused, failed on its way, or found after a reload.
 * Rejects with what stopped it.
 */
export async function runUpload(upload: Upload): Promise<void> {
  const { signal } = upload.stop;
  const client = connect((seconds) => showWait(upload, seconds));
  change(upload, { phase: 'waiting', problem: undefined });
  if (!upload.kept.isSent) await sending(signal, () => bring(upload, client));
  change(upload, { phase: 'following' });
  const { id = '' } = upload.kept;
  const onChange = (analysis: Analysis) => showAnalysis(upload, analysis);
  await following(signal, () => client.waitFor(id, { onChange, signal }));
  change(upload, { phase: 'ended' });
  await forgetUpload(upload.kept.key);
}

/** Announces the file where that is still to be done, and sends it where the service needs it. */
async function bring(upload: Upload, client: Client): Promise<void> {
  const { signal } = upload.stop;
  const { kept, file } = upload;
  if (kept.id && (await hasArrived(client, kept.id, signal))) kept.form = undefined;
  else if (!file) throw Object.assign(new Error(), { code: 'file_lost' });
  else if (!isGood(kept.form)) await announce(upload, client, file);
  if (kept.form && file) {
    see(upload, 'uploading');
    change(upload, { phase: 'uploading' });
    const onProgress = (sent: number, total: number) => change(upload, { sent, total });
    const { form } = kept;
    await untilReached(() => client.send(form, file, { onProgress, signal }), signal);
  }
  kept.form = undefined;
  kept.isSent = true;
  see(upload, 'queued');
  await keepUpload(kept);
  await forgetFile(kept.key);
}

async function announce(upload: Upload, client: Client, file: Blob): Promise<void> {
  const { kept } = upload;
  const { signal } = upload.stop;
  change(upload, { phase: 'reading', sent: 0 });
  const onProgress = (done: number) => change(upload, { sent: done });
  const sha256 = await digestFile(file, { signal, onProgress });
  signal.throwIfAborted();
  change(upload, { sent: 0 });
  const outdated = kept.id;
  const described = { filename: kept.name, ...(kept.type ? { contentType: kept.type } : {}) };
  const wish = { ...described, ...kept.wish, ...(sha256 ? { sha256 } : {}) };
  const announced = await client.announce(file, { ...wish, signal });
  kept.id = announced.id;
  kept.form = announced.upload ?? undefined;
  await keepUpload(kept);
  if (outdated) await client.delete(outdated, { signal });
}

/** Whether all of it came before the reload, unseen by the page. */
async function hasArrived(client: Client, id: string, signal: AbortSignal): Promise<boolean> {
  const { status } = await client.get(id, { signal });
  return status !== 'awaiting_upload' && status !== 'expired';
}

function isGood(form: Upload['kept']['form']): boolean {
  return form !== undefined && Date.parse(form.expiresAt) - Date.now() > FORM_MARGIN_MS;
}

function showWait(upload: Upload, seconds: number | undefined): void {
  const limitedUntil = seconds === undefined ? undefined : Date.now() + seconds * 1000;
  change(upload, { limitedUntil });
}

function showAnalysis(upload: Upload, analysis: Analysis): void {
  change(upload, { analysis, seen: seeIn(upload.state.value.seen, analysis) });
}
