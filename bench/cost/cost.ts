import { costUsd } from '../../lib/gemini/prices.ts';
import type { Row, Table } from '../harness/table.ts';
import prices from './aws-prices.json' with { type: 'json' };

/** One fresh analysis of a 12 Mpx photo: announced, uploaded, worked on, looked up twice. Calls are as many as a test counts; times, tokens and sizes are assumed. */
const ANALYSIS = {
  model: 'gemini-3.8-flash',
  /** Of `describe`: instructions and schema, the picture, and an answer with its thinking. */
  tokens: { inputTokens: 2_300, outputTokens: 700 },
  /** Of process-upload: the model's answer is waited for, and that is most of it. */
  workMs: 3_500,
  workGb: 1_769 / 1024,
  /** Announcement and two look-ups, of functions with 256 MB. */
  apiRequests: 3,
  apiMs: 40,
  apiGb: 256 / 1024,
  uploadGb: 0.0035,
  /** The upload is kept for as long: `uploadDays`. */
  uploadDays: 30,
  pictureGb: 0.0004,
  s3Puts: 2,
  s3Gets: 1,
  /** An item of up to 4 KB is written five times, and with it a summary in each of two indexes; the index of contents once, counters twice. */
  writeUnits: 5 * (4 + 2) + 3,
  readUnits: 6,
  /** Sent, received, deleted, hidden. */
  sqsRequests: 4,
};
const ANALYSES = 1_000_000;

/** What a million analyses cost, by dated prices; no measurement. */
export async function calculateCost(): Promise<Table> {
  const rows = list(ANALYSIS).map(({ name, usd }) => row(name, usd));
  const sum = list(ANALYSIS).reduce((all, { usd }) => all + usd, 0);
  const meaning = `AWS' list prices in ${prices.region} as known on ${prices.asOf}, without free tiers: check before you rely on them; the model's by lib/gemini/prices.json on this day. ${JSON.stringify(ANALYSIS)}`;
  return { part: 'cost', rows: [...rows, row('all', sum)], notes: [meaning] };
}

function row(name: string, usd: number): Row {
  return { 'of one million analyses': name, USD: usd * ANALYSES };
}

function list(one: typeof ANALYSIS) {
  const seconds = (one.workMs * one.workGb + one.apiRequests * one.apiMs * one.apiGb) / 1000;
  const months = one.uploadDays / 30;
  const storage = (one.uploadGb * months + one.pictureGb) * prices.s3GbMonth;
  return [
    { name: 'Lambda, GB-seconds', usd: seconds * prices.lambdaGbSecondArm },
    { name: 'Lambda, requests', usd: (1 + one.apiRequests) * prices.lambdaRequest },
    { name: 'HTTP API', usd: one.apiRequests * prices.httpApiRequest },
    { name: 'S3, requests', usd: one.s3Puts * prices.s3Put + one.s3Gets * prices.s3Get },
    { name: 'S3, a month of storage', usd: storage },
    { name: 'DynamoDB, writes', usd: one.writeUnits * prices.tableWriteUnit },
    { name: 'DynamoDB, reads', usd: one.readUnits * prices.tableReadUnit },
    { name: 'SQS', usd: one.sqsRequests * prices.sqsRequest },
    { name: `model, ${one.model}`, usd: costUsd(one.model, one.tokens) ?? 0 },
  ];
}
