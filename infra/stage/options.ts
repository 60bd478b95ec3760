import { z } from 'zod';

/** What every command on a deployed stage takes, for `parseArgs`. */
export const stageOptions = {
  stage: { type: 'string' },
  region: { type: 'string', default: 'us-east-1' }, // serverless.yml's, too
} as const;

const stageName = z.string('is missing: --stage NAME').regex(/^[a-z][a-z0-9-]*$/, 'has a bad name');

export function parseStage({ stage, region }: { stage?: string; region: string }) {
  const parsed = stageName.safeParse(stage);
  if (parsed.success) return { stage: parsed.data, region };
  throw new Error(`The stage ${parsed.error.issues[0]?.message}`);
}

/** Runs a command; what goes wrong is one line on stderr and an exit code. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
