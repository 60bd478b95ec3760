import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Stage } from './outputs.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FRAMEWORK = fileURLToPath(import.meta.resolve('serverless/bin/serverless.js'));

/** The stage that the framework will take from the same words; its defaults are those of serverless.yml. */
export function readFrameworkStage(given: string[]): Stage {
  const { values } = parseArgs({
    args: given,
    strict: false, // the framework has options of its own
    options: { stage: { type: 'string', short: 's' }, region: { type: 'string', short: 'r' } },
  });
  const { stage = 'dev', region = 'us-east-1' } = values;
  return { stage: String(stage), region: String(region) };
}

/** Runs the Serverless Framework, and throws where it fails: what it says stands above. */
export function runFramework(command: string, given: string[]): void {
  const { status } = spawnSync(process.execPath, [FRAMEWORK, command, ...given], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`serverless ${command} failed`);
}
