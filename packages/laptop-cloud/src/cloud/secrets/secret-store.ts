import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

const versionSchema = z.object({
  id: z.string(),
  /** Seconds since 1970, as the API has it. */
  createdAt: z.number(),
  stages: z.array(z.string()),
  /** One of the two; binary in base64. */
  string: z.string().exactOptional(),
  binary: z.string().exactOptional(),
});

export type Version = z.output<typeof versionSchema>;

/**
 * Adds a version: its staging labels move to it, and the current version becomes the previous one. A version
 * without a label is dropped; AWS keeps it for a while, but shows it to nobody.
 */
export function addVersion(versions: Version[], added: Version): Version[] {
  const stages = versions.length === 0 ? [...new Set([...added.stages, CURRENT])] : added.stages;
  const moved = stages.includes(CURRENT) ? [...stages, PREVIOUS] : stages;
  const older = versions.map((version) => {
    const kept = version.stages.filter((stage) => !moved.includes(stage));
    const wasCurrent = version.stages.includes(CURRENT) && stages.includes(CURRENT);
    return { ...version, stages: wasCurrent ? [...kept, PREVIOUS] : kept };
  });
  return [...older.filter((version) => version.stages.length > 0), { ...added, stages }];
}

export function findVersion(
  versions: Version[],
  { id, stage }: { id?: string | undefined; stage?: string | undefined },
): Version | undefined {
  const wanted = id === undefined ? (stage ?? CURRENT) : stage;
  return versions.find(
    (version) =>
      (id === undefined || version.id === id) &&
      (wanted === undefined || version.stages.includes(wanted)),
  );
}

const secretSchema = z.object({
  name: z.string(),
  arn: z.string(),
  description: z.string().exactOptional(),
  /** Seconds since 1970. */
  createdAt: z.number(),
  changedAt: z.number(),
  versions: z.array(versionSchema),
});

export type Secret = z.output<typeof secretSchema>;

export interface SecretStore {
  find(name: string): Secret | undefined;
  list(): Secret[];
  save(secret: Secret): void;
  remove(name: string): void;
}

/** One file for each secret, readable for its owner only. Files are replaced as a whole, so a kill leaves the old or the new one. */
export function openSecretStore(folder: string): SecretStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  removeUnfinished(folder);
  // A name may hold slashes and dots: only its digest becomes part of a path.
  const pathOf = (name: string) =>
    join(folder, `${createHash('sha256').update(name).digest('hex')}.json`);
  return {
    find: (name) => read(pathOf(name)),
    list: () =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .flatMap((file) => read(join(folder, file)) ?? [])
        .sort((left, right) => (left.name < right.name ? -1 : 1)),
    save(secret) {
      const unfinished = join(folder, `${randomUUID()}.tmp`);
      try {
        writeFileSync(unfinished, JSON.stringify(secret), { mode: 0o600, flag: 'wx' });
        renameSync(unfinished, pathOf(secret.name));
      } catch (error) {
        rmSync(unfinished, { force: true });
        throw error;
      }
    },
    remove: (name) => rmSync(pathOf(name), { force: true }),
  };
}

function removeUnfinished(folder: string): void {
  for (const file of readdirSync(folder)) if (file.endsWith('.tmp')) rmSync(join(folder, file));
}

function read(path: string): Secret | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return secretSchema.parse(JSON.parse(text));
}
