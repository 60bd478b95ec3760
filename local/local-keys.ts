import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from './data-folder.ts';
import { createRefusal } from './refusal.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const schema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  /** The client key of this machine. */
  apiKey: z.string(),
  /** The only key that the Gemini stand-in takes. */
  standInKey: z.string(),
});

export type LocalKeys = z.infer<typeof schema>;

/** The stack's own keys: made at the first start, the same ever after. */
export function readLocalKeys(dataDir: string): LocalKeys {
  const path = join(dataDir, 'secrets', 'local-keys');
  if (!existsSync(path)) writePrivateFile(path, `${JSON.stringify(createKeys(), null, 2)}\n`);
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw createRefusal(
      `${path} is damaged: delete it, and new keys are made at the start.`,
      error,
    );
  }
}

/** In AWS's own lengths and alphabets: some tools look at them. */
function createKeys(): LocalKeys {
  const letters = Array.from({ length: 16 }, () => BASE32[randomInt(BASE32.length)]);
  return {
    accessKeyId: `AKIA${letters.join('')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    apiKey: `sk_local_${randomBytes(24).toString('base64url')}`,
    standInKey: `stand-in-${randomBytes(18).toString('base64url')}`,
  };
}
