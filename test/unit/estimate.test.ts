import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Analyzer } from '../../lib/analyzers/analyzer.ts';
import { createOwnAnalyzer } from '../../lib/analyzers/own.ts';
import { DEFAULT_ANALYZERS, findBuiltIn, parseReference } from '../../lib/analyzers/registry.ts';
import { createBody, fitRequest } from '../../lib/gemini/request.ts';
import { mediumOf } from '../../lib/media/claimed-type.ts';
import { type EstimateDeps, estimateCost } from '../../lib/requests/estimate.ts';
import type { EstimateRequest } from '../../lib/requests/estimate-subject.ts';
import { prepareQuestion } from '../../lib/work/ask-model.ts';
import { openFileStore } from '../../local/gemini/files/store.ts';
import { measureMedia } from '../../local/gemini/measure-media.ts';
import { findMedia } from '../../local/gemini/media.ts';
import { parseGenerateRequest } from '../../local/gemini/request-schema.ts';
import { countUsage } from '../../local/gemini/usage.ts';
import { inspectContainer } from '../support/inspect-container.ts';
import { writePdf } from '../support/pdf.ts';

// What is told before a call, held against what the stand-in counts of the very request that would be sent.

const MODEL = 'gemini-3.8-flash';
/** How far an estimate may be from the truth. */
const TOLERANCE = 0.05;
const OPTIONS: Record<string, object> = {
  classify: { labels: ['a bill', 'a letter'] },
  extract: { schema: { type: 'object', properties: { total: { type: 'number' } } } },
};
const own = createOwnAnalyzer('own', 1, {
  prompt: 'Count the apples, and say what each of them costs.',
  schema: { type: 'object', properties: { apples: { type: 'integer' } } },
  mediaResolution: 'low',
  thinking: 'low',
  maxOutputTokens: 4_096,
});
const find = (name: string, version?: number): Analyzer | undefined =>
  name === 'own' ? own : findBuiltIn(name, version);
const deps: EstimateDeps = {
  analyses: { read: async () => undefined },
  findAnalyzer: async (_, { name, version }) => find(name, version),
  settings: { read: async () => ({ budget: { analysisUsd: 0.05 } }) },
  budget: {},
  models: [MODEL],
};

interface File {
  bytes: Uint8Array;
  source: NonNullable<EstimateRequest['source']>;
}
const noFiles = openFileStore(mkdtempSync(join(tmpdir(), 'sightline-'))); // all go along with the request
const streams: File[] = [];
let picture: File;

beforeAll(async () => {
  const blue = { create: { width: 8, height: 8, channels: 3 as const, background: 'blue' } };
  const bytes = await sharp(blue).jpeg().toBuffer();
  picture = { bytes, source: { mediaType: 'image/jpeg' } };
  for (const name of ['tiny.mp4', 'tiny.webm', 'tiny.mp3', 'tiny.flac']) {
    const stream = readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url));
    const read = async (start: number, end: number) => stream.subarray(start, end);
    const file = { bytes: stream.length, read, readAll: async () => stream };
    const { mediaType, durationSeconds, tracks } = await inspectContainer(file);
    const hasSound = tracks.some(({ kind }) => kind === 'audio');
    streams.push({ bytes: stream, source: { mediaType, durationSeconds, hasSound } });
  }
});

interface Case {
  file: File;
  asked: Pick<EstimateRequest, 'analyzer' | 'options' | 'prompt' | 'clip' | 'pages'>;
}

const words = fc.string({ minLength: 1, maxLength: 300 }).filter((text) => text.trim() !== '');
const told = fc.record({ prompt: words }, { requiredKeys: [] });
const named = (...names: string[]) =>
  fc.constantFrom(...names).map((analyzer) => {
    const options = OPTIONS[analyzer];
    return { analyzer, ...(options && { options }) };
  });

const pictures = fc
  .tuple(told, named('describe', 'read-text', 'moderate', 'classify', 'extract', 'own'))
  .map(
    ([say, choice]) =>
      (): Case => ({ file: picture, asked: { ...say, ...choice } }),
  );

const documents = fc
  .tuple(
    told,
    named('describe-document', 'moderate', 'classify', 'extract', 'own'),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 60 }),
  )
  .map(([say, choice, count, from]) => (): Case => {
    const first = Math.min(from, count); // those before it are cut off
    const texts = Array.from({ length: count - first + 1 }, () => 'Page');
    const source = { mediaType: 'application/pdf', pages: count };
    const pages = first > 1 ? { pages: { first, last: 60 } } : {};
    return { file: { bytes: writePdf({ texts }), source }, asked: { ...say, ...choice, ...pages } };
  });

const recordings = fc
  .tuple(told, fc.nat(3), fc.record({ fps: fc.constantFrom(0.5, 2, 5) }, { requiredKeys: [] }))
  .map(([say, which, clip]) => (): Case => {
    const file = streams[which] ?? picture;
    return { file, asked: { ...say, clip } };
  });

/** What the stand-in bills for the request that the service would send. */
async function countSent({ file, asked }: Case): Promise<number> {
  const { mediaType } = file.source;
  const medium = mediumOf(mediaType);
  const { name, version } = parseReference(asked.analyzer ?? DEFAULT_ANALYZERS[medium]) ?? {
    name: '',
  };
  const analyzer = find(name, version);
  if (!analyzer) throw new Error(`There is no ${name}`);
  const options = asked.options ? JSON.stringify(asked.options) : undefined;
  const record = { ...asked, options, source: file.source };
  const { request } = prepareQuestion(analyzer, { prompt: undefined, ...record }, medium);
  const media = { mediaType, bytes: file.bytes, clip: asked.clip };
  const variant = { maxOutputTokens: request.maxOutputTokens, thinkingLevel: 'LOW' as const };
  const body = Buffer.concat([
    ...createBody(fitRequest({ ...request, media }, MODEL))(variant).pieces(),
  ]);
  const parsed = parseGenerateRequest(JSON.parse(body.toString()), MODEL);
  const measured = [];
  for (const found of findMedia(parsed, noFiles)) measured.push(await measureMedia(found));
  return countUsage({ ...parsed, measured }, '').promptTokenCount;
}

test('for any of 30 mixed files, the estimate is what the model counts, to a twentieth', async () => {
  const any = fc.oneof(pictures, documents, recordings);
  await fc.assert(
    fc.asyncProperty(any, async (make) => {
      const one = make();
      const { inputTokens } = await estimateCost(deps, 'client', {
        ...one.asked,
        source: one.file.source,
      });
      const counted = await countSent(one);
      expect(Math.abs(inputTokens - counted)).toBeLessThanOrEqual(counted * TOLERANCE);
    }),
    { numRuns: 30 },
  );
});

test('given a long document, then its price is told, and whether one analysis may cost that', async () => {
  const source = { mediaType: 'application/pdf', pages: 1_000 };
  const whole = await estimateCost(deps, 'client', { source });
  expect(whole).toMatchObject({ mediaTokens: 560_000, limitUsd: 0.05, allowed: false });
  expect(whole.inputUsd).toBeGreaterThan(0.4);
  expect(whole.maxUsd).toBeGreaterThan(whole.inputUsd ?? 0);
  const part = await estimateCost(deps, 'client', { source, pages: { first: 991, last: 2_000 } });
  expect(part).toMatchObject({ mediaTokens: 5_600 });
});

test.each<[string, EstimateRequest, string]>([
  ['a document without its pages', { source: { mediaType: 'application/pdf' } }, 'request_invalid'],
  ['a video without its length', { source: { mediaType: 'video/mp4' } }, 'request_invalid'],
  [
    'a clip that begins behind the end',
    { source: { mediaType: 'video/mp4', durationSeconds: 10 }, clip: { start: 10 } },
    'request_invalid',
  ],
  [
    'pages that are not there',
    { source: { mediaType: 'application/pdf', pages: 3 }, pages: { first: 4, last: 5 } },
    'request_invalid',
  ],
  [
    'an analyzer of other files',
    { source: { mediaType: 'image/png' }, analyzer: 'transcribe' },
    'type_unsupported',
  ],
  ['an analysis that is not there', { analysisId: 'an_nobody' }, 'analysis_not_found'],
])('given %s, then no price is told', async (_, asked, code) => {
  await expect(estimateCost(deps, 'client', asked)).rejects.toMatchObject({ code });
});
