import { costUsd } from '../../lib/gemini/tally.ts';
import { startProgress } from '../harness/progress.ts';
import type { Row, Table } from '../harness/table.ts';
import { type Calls, listCalls } from '../service/call-counter.ts';
import { MODEL } from '../service/model.ts';
import prices from './aws-prices.json' with { type: 'json' };
import { type Invocation, type MeasuredAnalysis, measureAnalysis } from './measure-analysis.ts';

/** What no measurement on this machine can tell of one analysis of a 12 Mpx photo. */
const ASSUMED = {
  /** Of `describe`: instructions and schema, the picture, and an answer with its thinking. */
  tokens: { inputTokens: 2_300, outputTokens: 700 },
  /** By which it is longer than the one of the bench's model. */
  answerBytes: 2_000,
  modelMs: 3_000,
  /** The wait for one call of AWS; calls are made one after the other. */
  callMs: 8,
  lookUps: 2,
  uploadGb: 0.0035,
  pictureGb: 0.0002,
  /** A month: `uploadDays`. */
  months: 1,
  /** Sent by S3, received, hidden, deleted. */
  sqsRequests: 4,
  /** Of rate limits, which the bench leaves out: one for the announcement; look-ups share theirs. */
  rateWrites: 1,
};
/** Memory at which a function has the whole of a processor, in MiB. */
const WHOLE_PROCESSOR_MIB = 1_769;
const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;
const INDEXES = 2;
const ANALYSES = 1_000_000;

/** What a million analyses cost: what one takes by this bench's own count, times dated prices. */
export async function calculateCost(): Promise<Table> {
  const progress = startProgress('cost', 3);
  const measured = await measureAnalysis(progress);
  progress.end();
  const items = listCosts(measured);
  const rows = items.map(({ name, usd }) => row(name, usd));
  const sum = items.reduce((all, { usd }) => all + usd, 0);
  const dated = `AWS' list prices in ${prices.region}, as published up to ${prices.asOf} (bench/cost/aws-prices.json names the sources), without free tiers, logs, keys and traffic out; the model's by lib/gemini/models.ts on this day. Lambda on Arm, by the processor time of this machine.`;
  const assumed = `Counted: ${describe(measured)}. Assumed: ${JSON.stringify(ASSUMED)}; no cold starts.`;
  return { part: 'cost', rows: [...rows, row('all', sum)], notes: [dated, assumed] };
}

function row(name: string, usd: number): Row {
  return { 'of one million analyses': name, USD: usd * ANALYSES };
}

function listCosts(measured: MeasuredAnalysis) {
  const { announce, work, lookUp } = measured;
  const api = 1 + ASSUMED.lookUps;
  const gbSeconds =
    countGbSeconds(announce) +
    countGbSeconds(lookUp) * ASSUMED.lookUps +
    countGbSeconds(work, ASSUMED.modelMs);
  const [puts, gets] = [1 + countCalls(work, 's3 PutObject'), countCalls(work, 's3 GetObject')];
  const storage = (ASSUMED.uploadGb + ASSUMED.pictureGb) * ASSUMED.months * prices.s3GbMonth;
  return [
    { name: 'Lambda, GB-seconds', usd: gbSeconds * prices.lambdaGbSecondArm },
    { name: 'Lambda, requests', usd: (1 + api) * prices.lambdaRequest },
    { name: 'HTTP API', usd: api * prices.httpApiRequest },
    { name: 'S3, requests', usd: puts * prices.s3Put + gets * prices.s3Get },
    { name: 'S3, a month of storage', usd: storage },
    { name: 'DynamoDB, writes', usd: countWriteUnits(measured) * prices.tableWriteUnit },
    { name: 'DynamoDB, reads', usd: countReadUnits(measured) * prices.tableReadUnit },
    { name: 'SQS', usd: ASSUMED.sqsRequests * prices.sqsRequest },
    { name: `model, ${MODEL}`, usd: costUsd(MODEL, ASSUMED.tokens) ?? 0 },
  ];
}

function countGbSeconds({ cpuMs, memoryMiB, calls }: Invocation, modelMs = 0): number {
  const workMs = cpuMs * Math.max(1, WHOLE_PROCESSOR_MIB / memoryMiB);
  const waitMs = sum(Object.values(calls)) * ASSUMED.callMs;
  return ((workMs + waitMs + modelMs) / 1000) * (memoryMiB / 1024);
}

/** Each write of the record as if it were at its end and in each index: it is, at most. Those apart are of less than a unit. */
function countWriteUnits({ announce, work, recordBytes, summaryBytes }: MeasuredAnalysis): number {
  const units = (bytes: number) => Math.ceil(bytes / WRITE_UNIT_BYTES);
  const count = (calls: Calls) =>
    sum(['dynamodb PutItem', 'dynamodb UpdateItem'].map((name) => calls[name] ?? 0));
  const all = count(announce.calls) + count(work.calls);
  const apart = count(announce.apartCalls) + count(work.apartCalls);
  const ofRecord = units(recordBytes + ASSUMED.answerBytes) + INDEXES * units(summaryBytes);
  return (all - apart) * ofRecord + apart + ASSUMED.rateWrites;
}

function countReadUnits({ announce, work, lookUp, recordBytes }: MeasuredAnalysis): number {
  const lookUps = Array.from({ length: ASSUMED.lookUps }, () => lookUp);
  const reads = [announce, work, ...lookUps];
  const count = sum(reads.map((each) => countCalls(each, 'dynamodb GetItem')));
  return count * Math.ceil((recordBytes + ASSUMED.answerBytes) / READ_UNIT_BYTES);
}

function countCalls({ calls }: Invocation, name: string): number {
  return calls[name] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

function describe({ announce, work, lookUp, ...sizes }: MeasuredAnalysis): string {
  const parts = Object.entries({ announce, work, 'look-up': lookUp }).map(
    ([name, { cpuMs, calls }]) => `${name} ${cpuMs.toFixed(1)} ms CPU, ${listCalls(calls)}`,
  );
  return `${parts.join('; ')}; ${sizes.recordBytes} bytes of record, ${sizes.summaryBytes} of summary`;
}
