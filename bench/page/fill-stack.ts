import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inTransaction, openDatabase } from 'laptop-cloud/database';
import { createObjectTable } from 'laptop-cloud/objects';
import { openTables } from 'laptop-cloud/tables';
import { createAnalysisId, pictureKey, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, analysisRecord } from '../../lib/analysis/record.ts';
import { createAnalyses } from '../../lib/analysis/record-store.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import { toAttributes } from '../../lib/aws/table.ts';
import { readJson } from '../../test/support/client.ts';
import { type RunningStack, type StackHome, startStack } from '../../test/support/stack.ts';

const PHOTO = fileURLToPath(new URL('../../test/fixtures/rocket.jpg', import.meta.url));
const TABLE = 'sightline-local';
const RESULT_BUCKET = 'sightline-local-results-000000000000';
/** Between two analyses, in milliseconds. */
const STEP_MS = 60_000;

/** A stack that holds so many analyses: one that it made itself, and the others, each with its own picture, after that one. */
export async function startFilledStack(home: StackHome, count: number): Promise<RunningStack> {
  const first = await startStack(home);
  const model = await analyse(first).finally(() => first.stop());
  const ids = Array.from({ length: count - 1 }, (_, number) =>
    createAnalysisId(Date.parse(model.createdAt) - (number + 1) * STEP_MS),
  );
  await fillTable(home.dataDir, model, ids);
  fillBucket(home.dataDir, pictureKey(model.id), ids.map(pictureKey));
  return startStack(home);
}

async function analyse(stack: RunningStack): Promise<AnalysisRecord> {
  const form = new FormData();
  form.append('file', new Blob([readFileSync(PHOTO)], { type: 'image/jpeg' }), 'rocket.jpg');
  const { id } = await readJson(await stack.call('/v1/analyze', { method: 'POST', body: form }));
  const { region, awsEndpoint: endpoint, accessKeyId, secretAccessKey } = stack.info;
  const table = connectTable({ region, endpoint, credentials: { accessKeyId, secretAccessKey } });
  return analysisRecord.parse(await createAnalyses(table, TABLE).read(id));
}

async function fillTable(dataDir: string, model: AnalysisRecord, ids: string[]): Promise<void> {
  const tables = await openTables({ dataDir });
  const start = Date.parse(model.createdAt);
  const items = ids.map((id, number) => {
    const createdAt = new Date(start - (number + 1) * STEP_MS).toISOString();
    const source = { ...model.source, key: uploadKey(id), filename: `photo-${number + 1}.jpg` };
    const picture = model.picture && { ...model.picture, key: pictureKey(id) };
    const record = { ...model, id, createdAt, updatedAt: createdAt, source, picture };
    const clientKey = `${model.clientId}#${source.key}`;
    return toAttributes({ ...record, pk: `analysis#${id}`, clientKey });
  });
  await tables.load(TABLE, items).finally(() => tables.close());
}

/** Objects of their own that share the bytes of one: of 10,000 files the laptop's disk would tell more than the page. */
function fillBucket(dataDir: string, from: string, keys: string[]): void {
  const database = openDatabase(dataDir);
  const objects = createObjectTable(database);
  const model = objects.find(RESULT_BUCKET, from);
  if (!model) throw new Error(`no ${from} in ${RESULT_BUCKET}`);
  inTransaction(database, () => {
    for (const key of keys) objects.put({ ...model, key });
  });
  database.close();
}
