import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openLogs } from '../src/lambda/logs.ts';

test.skipIf(!existsSync('/dev/full'))(
  'given a log that takes no line, then the terminal gets it all the same, and nothing fails',
  () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'laptop-cloud-logs-'));
    const file = join(dataDir, 'functions.log');
    symlinkSync('/dev/full', file);
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const printed: string[] = [];
    const logs = openLogs({ file, print: (line) => printed.push(line) });
    for (const line of ['one', 'two']) logs.line('describe', line, 'stdout');
    logs.note('describe', 'ERROR', 'three');
    logs.report({ memoryMb: 1 });
    logs.close();
    expect(printed.map((line) => line.split(' ').at(-1))).toEqual(['one', 'two', 'three']);
    expect(told.mock.calls.length).toBeLessThanOrEqual(1); // once a minute, whoever meets it
    told.mockRestore();
    rmSync(dataDir, { recursive: true });
  },
);
