import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { unzipSync } from 'fflate';
import { readTemplateFile } from 'laptop-cloud/yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { type BuiltZip, buildZips } from '../../infra/bundle/build-zips.ts';
import { unpackZip } from '../../infra/bundle/unpack-zip.ts';
import { writeSbom } from '../../infra/sbom/write-sbom.ts';
import { runCommand } from '../support/command.ts';
import { writePdf } from '../support/pdf.ts';
import { createHome, startStack } from '../support/stack.ts';

// The very zips that are deployed.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** `e_machine` of an ELF file for arm64. */
const AARCH64 = 0xb7;
const NATIVE = [
  '@embedpdf/pdfium',
  '@img/colour',
  '@img/sharp-libvips-linux-arm64',
  '@img/sharp-linux-arm64',
  'detect-libc',
  'libheif-js',
  'semver',
  'sharp',
];
/** A cold start loads all of it. process-upload has decoders beside it. */
const MAX_ZIP_BYTES = 150_000;
const LEAST_SHARE_OF_BUDGET = 0.8;
/** In bytes; what takes more has to say so here. */
const budgets = z
  .record(z.string(), z.number())
  .parse(JSON.parse(readFileSync(new URL('./zip-budget.json', import.meta.url), 'utf8')));
const folder = mkdtempSync(join(tmpdir(), 'sightline-zips-'));
let zips: BuiltZip[];
let contents: Record<string, Record<string, Uint8Array>>;

beforeAll(async () => {
  zips = await buildZips(ROOT, join(folder, 'first'));
  contents = Object.fromEntries(
    zips.map(({ name, path }) => [name, unzipSync(readFileSync(path))] as const),
  );
  console.log(zips.map(({ name, bytes }) => `${name}.zip: ${bytes} bytes`).join('\n'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('each function of serverless.yml has its zip, where the template looks for it', () => {
  const { functions } = readTemplateFile(join(ROOT, 'serverless.yml')) as {
    functions: Record<string, { package?: { artifact?: string } }>;
  };
  expect(zips.map(({ name }) => name).sort()).toEqual(Object.keys(functions).sort());
  for (const [name, declared] of Object.entries(functions)) {
    expect(declared.package?.artifact).toBe(`.build/${name}.zip`);
  }
});

test('no zip is larger than its budget, nor so much smaller that the budget says nothing', () => {
  const sizes = Object.fromEntries(zips.map(({ name, bytes }) => [name, bytes]));
  expect(Object.keys(budgets).sort()).toEqual(Object.keys(sizes).sort());
  for (const [name, most] of Object.entries(budgets)) {
    expect(sizes[name], name).toBeLessThanOrEqual(most);
    expect(sizes[name], name).toBeGreaterThan(most * LEAST_SHARE_OF_BUDGET);
    if (name !== 'process-upload') expect(most, name).toBeLessThanOrEqual(MAX_ZIP_BYTES);
  }
});

test('built again, the zips have the same bytes', async () => {
  const again = await buildZips(ROOT, join(folder, 'again'));
  for (const [index, { path }] of again.entries()) {
    expect(readFileSync(path).equals(readFileSync(zips[index]?.path ?? ''))).toBe(true);
  }
}, 60_000);

test('beside its handler a zip holds what the door may load, or the threads and packages that decode', () => {
  for (const [name, files] of Object.entries(contents)) {
    const own = Object.keys(files).filter((path) => !/^(node_modules\/|THIRD-PARTY-)/.test(path));
    const modules = own.filter((path) => path !== `functions/${name}.mjs`);
    const has = (...names: string[]) => names.map((module) => `functions/${module}.mjs`);
    const door = has('jwt-library', 'signature-library');
    const threads = has('heic-thread', 'pdf-thread', 'tracks-thread');
    expect(own.length - modules.length).toBe(1);
    if (name === 'process-upload') expect(modules.sort()).toEqual(threads);
    else if (modules.length > 0) expect(modules.sort()).toEqual(door);
    const beside = Object.keys(files).filter((path) => path.startsWith('node_modules/'));
    const packages = beside.map((path) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
    expect([...new Set(packages)].sort()).toEqual(name === 'process-upload' ? NATIVE : []);
  }
});

test('a zip holds the code of a guard where its route names it, and nowhere else', () => {
  for (const { name } of zips) {
    const code = Buffer.from(contents[name]?.[`functions/${name}.mjs`] ?? []).toString();
    const route = readFileSync(join(ROOT, 'functions', `${name}.ts`), 'utf8');
    const named = /guards: \[(.*)\]/.exec(route)?.[1] ?? '';
    expect(code.includes('aes-256-gcm'), name).toBe(named.includes('idempotency'));
    expect(code.includes('policy:"reads"'), name).toBe(named.includes('readRate'));
    expect(code.includes('policy:"uploads"'), name).toBe(named.includes('uploadRate'));
  }
});

test('a zip has the notices of each package that it holds, and of no other', () => {
  for (const [name, files] of Object.entries(contents)) {
    const notices = Buffer.from(files['THIRD-PARTY-NOTICES'] ?? []).toString();
    const map = readFileSync(join(folder, 'first', 'maps', `${name}.mjs.map`), 'utf8');
    const sources: string[] = [...JSON.parse(map).sources, ...Object.keys(files)];
    const held = new Set(
      sources.flatMap((path) => /^.*node_modules\/((@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
    );
    for (const each of held) {
      const packed = files[`node_modules/${each}/package.json`];
      const manifest = packed ?? readFileSync(join(ROOT, 'node_modules', each, 'package.json'));
      const { version, license } = JSON.parse(Buffer.from(manifest).toString());
      expect(notices, name).toContain(`\n${each} ${version}  ${license}  `);
    }
    const ofDoor = ['aws-jwt-verify', 'http-message-sig', 'structured-headers'];
    const beside = name === 'process-upload' ? ['mediabunny'] : ofDoor;
    const named = [...notices.matchAll(/^(\S+) [\d.]+ {2}\S+ {2}\w+:/gm)].map(([, each]) => each);
    expect(named.filter((each = '') => !held.has(each) && !beside.includes(each))).toEqual([]);
  }
});

test('the notices of what decodes pictures and films hold the licences that ask for it', () => {
  const notices = Buffer.from(contents['process-upload']?.['THIRD-PARTY-NOTICES'] ?? []).toString();
  for (const text of [
    'mediabunny 1.61.0  MPL-2.0  https://github.com/Vanilagy/mediabunny',
    'Mozilla Public License Version 2.0',
    '@img/sharp-libvips-linux-arm64 1.3.4  LGPL-3.0-or-later',
    '| libvips       | LGPLv3',
    'libheif-js 1.23.2  LGPL-3.0',
    'GNU LESSER GENERAL PUBLIC LICENSE',
    'GNU GENERAL PUBLIC LICENSE',
    'Copyright 2014 PDFium Authors',
  ])
    expect(notices).toContain(text);
});

test('the SBOM has each package that a zip holds, with its checksum, and no other', async () => {
  const { components } = JSON.parse(await writeSbom(ROOT, zips));
  const named = Object.values(contents).flatMap((files) => {
    const notices = Buffer.from(files['THIRD-PARTY-NOTICES'] ?? []).toString();
    return [...notices.matchAll(/^(\S+) ([\d.]+) {2}\S+ {2}\w+:/gm)];
  });
  const held = new Set(named.map(([, name, version]) => `${name}@${version}`));
  const refs = components.map((each: { 'bom-ref': string }) => each['bom-ref']);
  expect(refs.toSorted()).toEqual([...held].toSorted());
  expect(refs).toContainEqual(expect.stringMatching(/^@aws-sdk\/client-s3@/));
  for (const { hashes } of components) expect(hashes).toMatchObject([{ alg: 'SHA-512' }]);
});

test('all native code is for arm64', () => {
  const native = Object.values(contents)
    .flatMap((files) => Object.entries(files))
    .filter(([, bytes]) => Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('\x7fELF')));
  expect(native.map(([path]) => path)).toEqual([
    expect.stringMatching(/sharp-libvips-linux-arm64\/lib\/libvips-cpp\.so/),
    expect.stringMatching(/sharp-linux-arm64\/lib\/sharp-linux-arm64-.*\.node$/),
  ]);
  for (const [, bytes] of native) expect(Buffer.from(bytes).readUInt16LE(18)).toBe(AARCH64);
});

test('the code is lean: no import of a Node module, no search for credentials, maps apart', () => {
  for (const { name } of zips) {
    const code = Buffer.from(contents[name]?.[`functions/${name}.mjs`] ?? []).toString();
    expect(code).toContain('process.getBuiltinModule("node:');
    expect(code).not.toMatch(/(from|import)\s*"node:/);
    expect(code).not.toContain('sso_account_id');
    expect(code).not.toContain('sourceMappingURL');
    expect(code).toContain('Invalid input: expected '); // else a fault says "Invalid input" alone
    const map = JSON.parse(readFileSync(join(folder, 'first', 'maps', `${name}.mjs.map`), 'utf8'));
    expect(map.sources).toContain(`${name}.ts`);
  }
});

test('unpacked and run in place of the sources, they pass the smoke test', async () => {
  const code = join(folder, 'code');
  for (const { name, path } of zips) unpackZip(path, join(code, name));
  const native = join(code, 'process-upload', 'node_modules', '@img');
  cpSync(join(ROOT, 'node_modules', '@img'), native, { recursive: true }); // this machine's sharp
  const home = await createHome({ SIGHTLINE_CODE: code });
  const stack = await startStack(home);
  try {
    const env = { SIGHTLINE_DATA: home.dataDir };
    const { code: exitCode, stdout, stderr } = await runCommand('smoke', [], { env });
    expect(`${stdout}${stderr}`).toMatch(/result +succeeded: .+\ndeletion .+\npassed\n$/);
    expect(exitCode).toBe(0);
    const body = new FormData();
    body.append('file', new Blob(['no picture']), 'a.jpg');
    const answer = await stack.call('/v1/analyze', { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ code: 'type_unsupported' });
  } finally {
    await stack.stop();
  }
}, 60_000);

test('unpacked, its thread decodes HEIC', async () => {
  const thread = join(folder, 'code', 'process-upload', 'functions', 'heic-thread.mjs');
  const workerData = readFileSync(new URL('../fixtures/marker.heic', import.meta.url));
  const [picture] = await once(new Worker(thread, { workerData }), 'message');
  expect(picture).toMatchObject({ width: 64, height: 48, channels: 3 });
});

test('unpacked, its thread reads PDFs', async () => {
  const thread = join(folder, 'code', 'process-upload', 'functions', 'pdf-thread.mjs');
  const workerData = { file: writePdf({ texts: ['Hello'] }), task: { name: 'texts' } };
  const [read] = await once(new Worker(thread, { workerData }), 'message');
  expect(read).toEqual({ texts: ['Hello'] });
});

test('unpacked, what the door may load is there', async () => {
  const load = (name: string) => import(join(folder, 'code', 'get-analysis', 'functions', name));
  expect(await load('jwt-library.mjs')).toMatchObject({ JwtVerifier: expect.any(Function) });
  expect(await load('signature-library.mjs')).toMatchObject({
    verifySignature: expect.any(Function),
  });
});

test('unpacked, its thread asks for the container it reads', async () => {
  const thread = join(folder, 'code', 'process-upload', 'functions', 'tracks-thread.mjs');
  const workerData = { bytes: 1_000, type: 'video/mp4' };
  const worker = new Worker(thread, { workerData });
  const [asked] = await once(worker, 'message');
  await worker.terminate();
  expect(asked).toMatchObject({ read: { start: 0 } });
});

test('with a function missing among them, the smoke test fails: no source stands in', async () => {
  const code = join(folder, 'code');
  rmSync(join(code, 'create-upload'), { recursive: true });
  const home = await createHome({ SIGHTLINE_CODE: code });
  const stack = await startStack(home);
  try {
    const ended = await runCommand('smoke', [], { env: { SIGHTLINE_DATA: home.dataDir } });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^announce: /) });
  } finally {
    await stack.stop();
  }
  expect(existsSync(join(code, 'create-upload'))).toBe(false);
}, 60_000);
