import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Picture } from '../corpus/corpus.ts';
import { countTimes, WARMING } from '../corpus/count-times.ts';
import { findFlaskPython } from '../harness/commands.ts';
import type { Cost, Variant } from '../harness/rounds.ts';
import { runCell } from '../harness/run-cell.ts';

const APP = fileURLToPath(new URL('./flask-app.py', import.meta.url));
const KINDS = [
  { name: 'flask', flags: [] },
  { name: 'tuned flask', flags: ['--tuned'] },
];
const MISSING =
  'Flask is left out: no python3 with flask and PIL here (Debian: python3-flask python3-pil).';
/** What Debian's Pillow does not open. */
const NOT_OPENED = ['image/avif', 'image/heic'];

export interface References {
  variants: Variant<Picture>[];
  notes: string[];
}

/** Requests within the app's own process, and no model. */
export function openFlaskCells(): References {
  return openKinds((python, flags, picture) => {
    const { first, counted } = countTimes(picture);
    const args = ['cell', picture.file, String(first), String(counted)];
    return runCell(python, [APP, ...args, ...flags]);
  });
}

/** Requests over HTTP to a fresh server, which calls the model; `warming`: what it does first. */
export function openFlaskServers(modelUrl: string, warming: Picture): References {
  const { variants, notes } = openKinds((python, flags, picture) =>
    measureServer(python, ['serve', modelUrl, ...flags], { picture, warming }),
  );
  return { variants, notes: variants.length > 0 ? [SERVER, ...notes] : notes };
}

const SERVER =
  'Flask: one process by its own server, a connection for each request; it takes the picture as a form and stores nothing.';

function openKinds(
  measure: (python: string, flags: string[], picture: Picture) => Promise<Cost>,
): References {
  const python = findFlaskPython();
  if (!python) return { variants: [], notes: [MISSING] };
  const variants = KINDS.map(({ name, flags }) => ({
    name,
    async measure(picture: Picture) {
      return NOT_OPENED.includes(picture.mediaType) ? undefined : measure(python, flags, picture);
    },
  }));
  return { variants, notes: [] };
}

interface Pictures {
  picture: Picture;
  warming: Picture;
}

async function measureServer(python: string, args: string[], pictures: Pictures): Promise<Cost> {
  const child = spawn(python, [APP, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const kill = () => child.kill();
  process.once('exit', kill); // it would outlive the bench
  try {
    const [port] = await once(createInterface({ input: child.stdout }), 'line');
    return await measureRequests(`http://127.0.0.1:${port}`, pictures);
  } finally {
    process.off('exit', kill);
    const ended = once(child, 'exit');
    kill();
    await ended;
  }
}

const cost = z.object({ cpuMs: z.number(), peakMiB: z.number() });
const readCost = async (url: string) => cost.parse(await (await fetch(`${url}/cost`)).json());

async function measureRequests(url: string, { picture, warming }: Pictures): Promise<Cost> {
  const { first, counted } = countTimes(picture);
  await postTimes(url, warming, WARMING.times);
  await postTimes(url, picture, first);
  const [before, start] = [await readCost(url), performance.now()];
  const bytes = await postTimes(url, picture, counted);
  const wallMs = (performance.now() - start) / counted;
  const after = await readCost(url);
  const cpuMs = (after.cpuMs - before.cpuMs) / counted;
  return { cpuMs, wallMs, peakMiB: after.peakMiB, bytes };
}

async function postTimes(url: string, picture: Picture, times: number): Promise<number> {
  let bytes = 0;
  for (let done = 0; done < times; done += 1) bytes = await post(url, picture);
  return bytes;
}

const answer = z.object({ bytes: z.number() });

/** The bytes that went to the model. */
async function post(url: string, { file, mediaType }: Picture): Promise<number> {
  const form = new FormData();
  form.append('file', await openAsBlob(file, { type: mediaType }), 'picture');
  const response = await fetch(`${url}/analyze`, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`the Flask app answered ${response.status}`);
  return answer.parse(await response.json()).bytes;
}
