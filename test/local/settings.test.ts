import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { readTemplateFile } from 'laptop-cloud/yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings, SETTING_NAMES } from '../../local/settings.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fail = (environment: Record<string, string>): Error => {
  try {
    readSettings(environment, folder);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('unexpectedly valid');
};

describe('the settings of the local stack', () => {
  test('given nothing, are the documented defaults', () => {
    expect(readSettings({}, folder)).toEqual({
      port: 3000,
      awsPort: 4566,
      dataDir: join(folder, '.sightline'),
      geminiStore: 'false',
      rateLimitPerMinute: 10,
      clientBudget: 'none',
    });
  });

  test('stand in .env.example, commented, each with its default', () => {
    const root = new URL('../../', import.meta.url);
    const example = readFileSync(new URL('.env.example', root), 'utf8');
    expect(parseEnv(example)).toEqual({});
    const settings = parseEnv(example.replaceAll(/^# ([A-Z_]+=)/gm, '$1'));
    expect(Object.keys(settings).toSorted()).toEqual(SETTING_NAMES.toSorted());
    const { params } = readTemplateFile(fileURLToPath(new URL('serverless.yml', root))) as {
      params: { default: Record<string, unknown> };
    };
    const { geminiBaseUrl, geminiModels } = params.default;
    const { codeDir: _, geminiApiKey: __, ...defaults } = readSettings({}, folder);
    expect(readSettings(settings, folder)).toEqual({ ...defaults, geminiBaseUrl, geminiModels });
  });

  test('given empty values, are the defaults as well', () => {
    const empty = { PORT: '', GEMINI_API_KEY: ' ', GEMINI_BASE_URL: '' };
    expect(readSettings(empty, folder)).toMatchObject({ port: 3000 });
    expect(readSettings(empty, folder).geminiApiKey).toBeUndefined();
  });

  test('given values, are those', () => {
    const settings = readSettings(
      {
        PORT: '1',
        AWS_PORT: '2',
        SIGHTLINE_DATA: '/data',
        GEMINI_API_KEY: 'a-key',
        GEMINI_BASE_URL: 'http://127.0.0.1:9/',
        GEMINI_MODELS: 'a, b',
        GEMINI_STORE: 'true',
        RATE_LIMIT_PER_MINUTE: '0',
        CLIENT_BUDGET: 'dayUsd=0.5,monthAnalyses=100',
      },
      folder,
    );
    expect(settings).toEqual({
      port: 1,
      awsPort: 2,
      dataDir: '/data',
      geminiApiKey: 'a-key',
      geminiBaseUrl: 'http://127.0.0.1:9',
      geminiModels: 'a,b',
      geminiStore: 'true',
      rateLimitPerMinute: 0,
      clientBudget: 'dayUsd=0.5,monthAnalyses=100',
    });
  });

  test('given bad ones, name all of them at once, and never a value', () => {
    const { message } = fail({
      PORT: '70000',
      AWS_PORT: 'http',
      GEMINI_API_KEY: 'my secret',
      GEMINI_BASE_URL: 'ftp://x',
      GEMINI_MODELS: ',',
      GEMINI_STORE: 'perhaps',
      RATE_LIMIT_PER_MINUTE: '-1',
    });
    for (const name of [
      'PORT ',
      'AWS_PORT',
      'GEMINI_API_KEY',
      'GEMINI_BASE_URL',
      'GEMINI_MODELS',
      'GEMINI_STORE',
    ]) {
      expect(message).toContain(name);
    }
    expect(message).toContain('RATE_LIMIT_PER_MINUTE must be 0 (no limit) or more');
    expect(message).not.toContain('my secret');
  });

  test.each([
    ['RATE_LIMIT_PER_MINUTE', '60000001'],
    ['RATE_LIMIT_PER_MINUTE', '1e300'],
    ['CLIENT_BUDGET', 'dayUsd=1.2.3'],
    ['CLIENT_BUDGET', 'dayUsd=1e-200'],
    ['CLIENT_BUDGET', 'monthAnalyses=1e300'],
    ['CLIENT_BUDGET', 'yearUsd=1'],
  ])('refuse %s=%s, which no function could start with', (name, value) => {
    expect(fail({ [name]: value }).message).toContain(`${name} must be`);
  });

  test('take every limit that a budget has', () => {
    const CLIENT_BUDGET = 'dayUsd=0,monthUsd=5,dayAnalyses=1,monthAnalyses=2,analysisUsd=0.000001';
    expect(readSettings({ CLIENT_BUDGET }, folder).clientBudget).toBe(CLIENT_BUDGET);
  });

  test('come from .env too, and the environment wins', () => {
    writeFileSync(join(folder, '.env'), 'PORT=4000\nAWS_PORT=4001\nGEMINI_API_KEY=from-file\n');
    const settings = readSettings({ AWS_PORT: '5001', GEMINI_API_KEY: '' }, folder);
    expect(settings).toMatchObject({ port: 4000, awsPort: 5001 });
    expect(settings.geminiApiKey).toBeUndefined(); // `GEMINI_API_KEY= npm start`: not that one
  });
});
