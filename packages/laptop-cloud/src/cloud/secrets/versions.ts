import { z } from 'zod';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

export const versionSchema = z.object({
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
 * The versions after one more was put: each label moves to the new one, and the version that was current
 * becomes the previous one. What has no label left is dropped: AWS keeps it only for a while, unseen.
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
