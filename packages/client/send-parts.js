import { pause } from './request.js';
import { transmit } from './transmit.js';

/** Parts that are signed by one call, and sent at the same time. */
const SIGNED_AT_ONCE = 8;
const SENT_AT_ONCE = 4;
/** Of one part, in all; and the first pause between them, in seconds, which doubles. */
const MAX_TRIES = 6;
const FIRST_PAUSE_SECONDS = 0.5;

/**
 * Sends a large file in parts, as it was announced: those that are there already are not sent again, so that
 * the same call goes on where another was aborted. `onProgress(sent, total)` in bytes of the file.
 */
export async function sendParts(readJson, upload, file, { onProgress = () => {}, signal } = {}) {
  const stored = await readJson('GET', upload.links.parts, { signal });
  if (stored.complete) return onProgress(file.size, file.size);
  if (stored.bytes !== file.size)
    throw new RangeError(`A file of ${stored.bytes} bytes was announced, not this one.`);
  const tally = createTally(stored, onProgress);
  const transfer = { readJson, upload, file, tally, stored };
  for (const numbers of splitUp(listMissing(stored), SIGNED_AT_ONCE))
    await sendBatch(transfer, numbers, signal);
  await readJson('POST', upload.links.complete, { json: {}, once: crypto.randomUUID(), signal });
}

function listMissing({ partCount, parts }) {
  const there = new Set(parts.map(({ number }) => number));
  const numbers = Array.from({ length: partCount }, (_, index) => index + 1);
  return numbers.filter((number) => !there.has(number));
}

function splitUp(numbers, size) {
  const groups = Array.from({ length: Math.ceil(numbers.length / size) }, (_, index) => index);
  return groups.map((index) => numbers.slice(index * size, (index + 1) * size));
}

/** One that fails for good ends the others of its batch. */
async function sendBatch(transfer, numbers, signal) {
  const failed = new AbortController();
  const both = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const waiting = await sign(transfer, numbers, both);
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift())
      await sendPart(transfer, part, both);
  };
  const workers = Array.from({ length: SENT_AT_ONCE }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(workers);
    throw signal?.aborted ? signal.reason : error;
  }
}

async function sign({ readJson, upload, file, stored }, numbers, signal) {
  const wanted = [];
  for (const number of numbers)
    wanted.push({ number, ...(await digest(cut(file, stored, number), stored)) });
  const asked = { json: { parts: wanted }, once: crypto.randomUUID(), signal };
  return (await readJson('POST', upload.links.parts, asked)).parts;
}

function cut(file, { partSize }, number) {
  return file.slice((number - 1) * partSize, number * partSize);
}

/** What the storage holds the part to, where that was announced. */
async function digest(part, { partChecksum }) {
  if (partChecksum !== 'sha256') return {};
  const hash = await crypto.subtle.digest('SHA-256', await part.arrayBuffer());
  const bytes = [...new Uint8Array(hash)];
  return { sha256: bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}

/** Again after a pause that grows; each time signed anew, for a signature may be what is too old. */
async function sendPart(transfer, signed, signal) {
  const { file, stored, tally } = transfer;
  const { number } = signed;
  const body = cut(file, stored, number);
  const onProgress = (sent) => tally.note(number, sent);
  for (let tries = 1, part = signed; ; tries += 1) {
    try {
      await transmit({ ...part, body }, { onProgress, signal });
      return tally.note(number, body.size);
    } catch (error) {
      tally.note(number, 0);
      if (tries >= MAX_TRIES || signal.aborted || !mayHelp(error)) throw error;
    }
    await pause(Math.random() * FIRST_PAUSE_SECONDS * 2 ** tries, signal);
    [part] = await sign(transfer, [number], signal);
  }
}

/** Not where there is nothing to send it to any more. */
function mayHelp({ status }) {
  return status === undefined || status !== 404;
}

/** Adds up what is sent of each part. */
function createTally({ bytes, parts }, onProgress) {
  const sent = new Map(parts.map((part) => [part.number, part.bytes]));
  return {
    note(number, count) {
      sent.set(number, count);
      let sum = 0;
      for (const each of sent.values()) sum += each;
      onProgress(Math.min(sum, bytes), bytes);
    },
  };
}
