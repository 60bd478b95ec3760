import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readTemplate } from 'laptop-cloud/template';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EMPTY_ZIP = Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex');

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever CloudFormation takes
  Properties: Record<string, any>;
  DependsOn?: string | string[];
  Condition?: string;
  DeletionPolicy?: string;
}

/** A CloudFormation template as it would be sent. */
export interface Packaged {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
  Conditions: Record<string, unknown>;
}

/**
 * What the Serverless Framework makes of serverless.yml for one stage, with no code in the zips: the
 * template alone matters here. Rejects where it finds the file not valid.
 */
export async function packageStage(
  stage: string,
  params: Record<string, string> = {},
): Promise<Packaged> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-package-'));
  try {
    for (const part of ['serverless.yml', 'infra', 'package.json']) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    mkdirSync(join(folder, '.build'));
    const { functions } = readTemplate(join(ROOT, 'serverless.yml'), { stage, region: 'x' });
    for (const { name } of functions) {
      writeFileSync(join(folder, '.build', `${name}.zip`), EMPTY_ZIP);
    }
    const given = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
    const serverless = join(ROOT, 'node_modules', '.bin', 'serverless');
    const options = ['package', '--stage', stage, '--package', 'out', ...given];
    await promisify(execFile)(process.execPath, [serverless, ...options], { cwd: folder });
    const file = join(folder, 'out', 'cloudformation-template-update-stack.json');
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
