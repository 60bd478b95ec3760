import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upload, waitForEnd } from '../support/client.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

// A decoder that hangs where nothing reaches it, in Node's pool of threads, as libvips would: the file
// is told by its width. The rest is the service as it is, on processes.

const FUNCTIONS = new URL('../../functions/', import.meta.url);
const HANGING_WIDTH = 61;
const CPU_SECONDS = 1;

const HANG = `
import { registerHooks } from 'node:module';
const changes = {
  '/lib/media/image/picture-limits.ts': [/DECODE_CPU_SECONDS = \\d+/, 'DECODE_CPU_SECONDS = ${CPU_SECONDS}'],
  '/lib/media/image/convert.ts': [/export async function shrink\\(/, \`
    export async function shrink(conversion: any) {
      const { pbkdf2 } = process.getBuiltinModule('node:crypto');
      const hang = (done: any) => pbkdf2('', '', 2 ** 31 - 1, 64, 'sha512', done);
      if (conversion.facts.width === ${HANGING_WIDTH}) await new Promise(hang);
      return shrinkAnother(conversion);
    }
    async function shrinkAnother(\`],
};
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const change = Object.entries(changes).find(([end]) => url.endsWith(end))?.[1];
    return change ? { ...loaded, source: String(loaded.source).replace(...change) } : loaded;
  },
});
`;

const code = mkdtempSync(join(tmpdir(), 'sightline-hang-'));
let stack: RunningStack;

beforeAll(async () => {
  for (const file of readdirSync(FUNCTIONS)) {
    const name = basename(file, '.ts');
    const folder = join(code, name, 'functions');
    mkdirSync(folder, { recursive: true });
    const source = JSON.stringify(new URL(file, FUNCTIONS));
    const hook = name === 'process-upload' ? HANG : '';
    writeFileSync(
      join(folder, `${name}.mjs`),
      `${hook}\nexport const { handler } = await import(${source});`,
    );
  }
  stack = await startStack(await createHome({ SIGHTLINE_CODE: code, RATE_LIMIT_PER_MINUTE: '0' }));
});
afterAll(async () => {
  await stack?.stop();
  rmSync(code, { recursive: true });
});

async function send(width: number, red: number) {
  const background = { r: red, g: 90, b: 90 };
  const bytes = await sharp({ create: { width, height: 40, channels: 3, background } })
    .png()
    .toBuffer();
  return upload(stack, { filename: 'picture.png', contentType: 'image/png', bytes });
}

test('given a decoder that hangs, then it costs three workers, and its neighbours succeed meanwhile', async () => {
  const hanging = await send(HANGING_WIDTH, 0);
  const neighbours: string[] = [];
  let ended = false;
  const end = waitForEnd(stack, hanging, 60).finally(() => {
    ended = true;
  });
  while (!ended && neighbours.length < 20) {
    const id = await send(50, neighbours.length + 1);
    neighbours.push(id);
    expect(await waitForEnd(stack, id, 60)).toMatchObject({ status: 'succeeded' });
  }
  expect(await end).toMatchObject({ status: 'rejected', error: { code: 'file_too_complex' } });
  expect(neighbours.length).toBeGreaterThan(1);
  const kills = stack.output().match(/Runtime exited with error: signal: SIGKILL/g);
  expect(kills).toHaveLength(3);
}, 90_000);
