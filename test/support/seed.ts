import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import { createAnalyses } from '../../lib/analysis/record-store.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import type { RunningStack } from './stack.ts';

/** Between two of them, in milliseconds. */
const STEP_MS = 60_000;
const AT_ONCE = 20;

/** Analyses that have ended, written into the running stack's table: as many as nobody would upload. Those of newest number are the oldest. */
export async function seedAnalyses(
  { info }: RunningStack,
  count: number,
  describe: (number: number) => Partial<AnalysisRecord> = () => ({}),
): Promise<void> {
  const { region, awsEndpoint: endpoint, accessKeyId, secretAccessKey } = info;
  const credentials = { accessKeyId, secretAccessKey };
  const analyses = createAnalyses(
    connectTable({ region, endpoint, credentials }),
    'sightline-local',
  );
  const start = Date.now();
  for (let first = 0; first < count; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i);
    await Promise.all(
      numbers.map((number) => analyses.create(recordOf(number, start, describe(number)))),
    );
  }
}

function recordOf(number: number, start: number, more: Partial<AnalysisRecord>): AnalysisRecord {
  const now = start - (number + 1) * STEP_MS;
  const id = createAnalysisId(now);
  const source = { key: uploadKey(id), filename: `seeded-${number}.jpg`, mediaType: 'image/jpeg' };
  const { expiresAt: _, ...record } = newAnalysis({
    id,
    clientId: 'local',
    source,
    analyzer: { name: 'describe', version: 1 },
    now,
  });
  const completedAt = record.createdAt;
  return { ...record, status: 'succeeded', completedAt, caption: `Picture ${number}.`, ...more };
}
