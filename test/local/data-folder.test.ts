import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openDataFolder } from '../../local/data-folder.ts';
import { readLocalKeys } from '../../local/local-keys.ts';
import { explainFolder } from '../../local/refusal.ts';
import { readSettings } from '../../local/settings.ts';
import { startStack } from '../../local/stack.ts';

const MODULE = new URL('../../local/data-folder.ts', import.meta.url).href;

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sightline-data-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Another process that holds the folder. */
async function holdElsewhere() {
  const script = `import { openDataFolder } from '${MODULE}';
    openDataFolder('${dataDir}'); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

describe('the data folder', () => {
  test('given another process that holds it, is refused with what to do, and free after its kill -9', async () => {
    const other = await holdElsewhere();
    expect(() => openDataFolder(dataDir, 50)).toThrow(
      new RegExp(`Another Sightline \\(process ${other.pid}\\).*SIGHTLINE_DATA=`, 's'),
    );
    const ended = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await ended;
    openDataFolder(dataDir, 50).close();
  });

  test('given a process id left by a dead run, is not fooled by it', () => {
    writeFileSync(join(dataDir, 'sightline.pid'), `${process.pid}\n`);
    openDataFolder(dataDir, 50).close();
  });

  test('given a file in its place, is refused with what to do', () => {
    writeFileSync(join(dataDir, 'file'), '');
    expect(() => openDataFolder(join(dataDir, 'file'))).toThrow(/cannot be used.*SIGHTLINE_DATA=/s);
  });

  test.skipIf(process.platform !== 'linux')(
    'given a place where no folder can be made, is refused at once',
    () => {
      // Apart, because a loop there could not be interrupted here.
      const script = `import { openDataFolder } from '${MODULE}'; openDataFolder('/proc/sightline/a');`;
      const given = ['--input-type=module', '-e', script];
      const { stderr } = spawnSync(process.execPath, given, { timeout: 10_000 });
      expect(stderr.toString()).toMatch(/cannot be used.*SIGHTLINE_DATA=/s);
    },
  );

  test.each(['logs', 'objects', 'dynamodb'])(
    'given a file in the place of its %s, is refused with what to do',
    async (name) => {
      writeFileSync(join(dataDir, name), 'x');
      const settings = readSettings({ SIGHTLINE_DATA: dataDir, PORT: '39871', AWS_PORT: '39872' });
      await expect(startStack(settings)).rejects.toThrow(/is damaged.*SIGHTLINE_DATA=/s);
    },
  );

  const asStranger = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  test('given one of another user, is refused with what to do, and is not called damaged', () => {
    chmodSync(dataDir, 0);
    const script = `import { openDataFolder } from '${MODULE}'; openDataFolder('${dataDir}');`;
    const given = ['--input-type=module', '-e', script];
    const { stderr } = spawnSync(process.execPath, given, { timeout: 10_000, ...asStranger });
    chmodSync(dataDir, 0o700);
    expect(stderr.toString()).toMatch(
      /is not for this user to read and write\.\n.*SIGHTLINE_DATA=/,
    );
    expect(stderr.toString()).not.toMatch(/damaged|Move it away/);
  });

  test('of an earlier version is closed to other users; a folder with other things in it stays as it is', () => {
    const modeOf = (name: string) => statSync(join(dataDir, name)).mode & 0o777;
    for (const name of ['dynamodb', 'logs', 'objects']) mkdirSync(join(dataDir, name));
    for (const name of [
      'dynamodb/000003.log',
      'logs/sightline.log',
      'cloud.sqlite',
      'cloud.sqlite-wal',
    ])
      writeFileSync(join(dataDir, name), '');
    for (const name of ['.', ...readdirSync(dataDir, { recursive: true, encoding: 'utf8' })])
      chmodSync(join(dataDir, name), statSync(join(dataDir, name)).isDirectory() ? 0o755 : 0o644);
    openDataFolder(dataDir).close();
    for (const name of ['.', 'dynamodb', 'logs', 'objects'])
      expect([name, modeOf(name)]).toEqual([name, 0o700]);
    for (const name of [
      'dynamodb/000003.log',
      'logs/sightline.log',
      'cloud.sqlite-wal',
      'lock.sqlite',
    ])
      expect([name, modeOf(name)]).toEqual([name, 0o600]);
    writeFileSync(join(dataDir, 'letter.txt'), '', { mode: 0o644 });
    chmodSync(dataDir, 0o755);
    openDataFolder(dataDir).close();
    expect([modeOf('.'), modeOf('letter.txt'), modeOf('secrets')]).toEqual([0o755, 0o644, 0o700]);
  });

  const node = (code: string) => ({ code, message: `${code}: words, write`, path: '/data/file' });
  const level = (words: string) => ({
    code: 'LEVEL_IO_ERROR',
    message: `IO error: /data/1.log: ${words}`,
  });
  test.each([
    ['disk is full', node('ENOSPC')],
    ['disk is full', level('No space left on device')],
    [
      'disk is full',
      { code: 'ERR_SQLITE_ERROR', errcode: 13, message: 'database or disk is full' },
    ],
    [
      'disk is full',
      {
        code: 'LEVEL_DATABASE_NOT_OPEN',
        message: 'x',
        cause: Object.assign(new Error('IO error: a: No space left on device'), {
          code: 'LEVEL_IO_ERROR',
        }),
      },
    ],
    ['quota is used up', node('EDQUOT')],
    ['quota is used up', level('Disk quota exceeded')],
    ['is read-only', node('EROFS')],
    ['is read-only', level('Read-only file system')],
    ['not for this user', node('EACCES')],
    ['not for this user', node('EPERM')],
    ['not for this user', level('Permission denied')],
    ['may open no more files', node('EMFILE')],
    ['may open no more files', level('Too many open files')],
    ['has too many files open', node('ENFILE')],
    ['disk fails', node('EIO')],
    ['disk fails', level('Input/output error')],
  ])('that takes nothing is told by what it is: %s (%j)', (words, { message, ...given }) => {
    const told = explainFolder(Object.assign(new Error(message), given), dataDir);
    expect(told).toMatchObject({ name: 'StartRefusal', message: expect.stringContaining(words) });
    expect(String(told)).not.toMatch(/damaged|Move it away/);
  });

  test('keeps the same keys over restarts, readable for its owner only', () => {
    openDataFolder(dataDir).close();
    const keys = readLocalKeys(dataDir);
    expect(keys.apiKey).toMatch(/^sk_local_\S{32}$/);
    expect(keys.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(readLocalKeys(dataDir)).toEqual(keys);
    expect(statSync(join(dataDir, 'secrets')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'secrets', 'local-keys')).mode & 0o777).toBe(0o600);
  });

  test('given damaged keys, says which file to delete', () => {
    openDataFolder(dataDir).close();
    writeFileSync(join(dataDir, 'secrets', 'local-keys'), '{');
    expect(() => readLocalKeys(dataDir)).toThrow(/local-keys is damaged: delete it/);
  });
});
