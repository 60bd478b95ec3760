import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  analyze,
  analyzeLarge,
  announce,
  LARGE,
  prepareLarge,
  read,
  sha256,
} from '../long/flows.ts';
import type { Fault, Plan } from '../support/faulty-aws.ts';
import { type Json, type Lab, type Labs, startLabs } from '../support/lab.ts';
import { findLeftovers } from '../support/snapshot.ts';

// The worst of test/long/faults.test.ts: what an answer that is lost, or a table that is throttled, did once.

let labs: Labs;
let lab: Lab;
beforeAll(async () => {
  labs = await startLabs(1);
  [lab] = labs.labs as [Lab];
});
afterAll(() => labs?.stop());
beforeEach(() => lab.reset());

/** From here on, these sendings of a function's call: from 1, repetitions included. */
function meet(name: string, fault: Fault, from: number, to = from): void {
  let sent = 0;
  const plan: Plan = ({ caller, call }) => {
    if (`${caller}: ${call}` !== name) return undefined;
    sent += 1;
    return sent >= from && sent <= to ? fault : undefined;
  };
  Object.assign(lab.state, { plan, isCounting: true });
}

const CHANGE = 'process-upload: dynamodb:UpdateItem analysis';
const [CLAIM, END] = [1, 3]; // the second says that the model is asked
const LARGE_END = 4; // after one that names the result
/** More than the tries of one call. */
const REFUSALS = 12;

const readRecord = async (id: string): Promise<Json> => {
  const get = { TableName: lab.TableName, Key: { pk: `analysis#${id}` }, ConsistentRead: true };
  return (await lab.table.get(get)).Item;
};
const countMetrics = () =>
  lab.state.lines.filter((line) => line.includes('"AnalysisEnded":1')).length;

test('a large result whose end lost its answer stays where the record says', async () => {
  await prepareLarge(lab);
  meet(CHANGE, 'applied', LARGE_END);
  const id = await analyze(lab, { analyzer: 'own' });
  expect((await read(lab, id)).result.what).toHaveLength(LARGE);
  expect(await findLeftovers(lab)).toEqual([]);
  expect(countMetrics()).toBe(1);
});

test('a known answer whose large result is gone is asked for anew', async () => {
  const first = await analyzeLarge(lab);
  const { resultKey: Key } = await readRecord(first);
  await lab.s3.send(new DeleteObjectCommand({ Bucket: lab.resultBucket, Key }));
  expect(await announce(lab, { analyzer: 'own', sha256 })).toMatchObject({
    status: 'awaiting_upload',
  });
  const { asked } = lab.state;
  const second = await analyze(lab, { analyzer: 'own' });
  expect(lab.state.asked).toBe(2 * asked);
  expect(await readRecord(second)).toMatchObject({ status: 'succeeded', cached: false });
});

test('a claim that lost its answer goes on at once, and counts no death', async () => {
  meet(CHANGE, 'applied', CLAIM);
  const id = await analyze(lab);
  expect(await readRecord(id)).toMatchObject({ attempts: 1, deaths: 0 });
  expect(lab.state.received).toMatchObject({ 'process-upload': 1 });
});

test('the end of a paid answer is stored however long the table is throttled, and paid once', async () => {
  meet(CHANGE, 'throttled', END, END + REFUSALS - 1);
  const id = await analyze(lab);
  expect(await readRecord(id)).toMatchObject({ status: 'succeeded', attempts: 1 });
  expect(lab.state).toMatchObject({ asked: 1, received: { 'process-upload': 1 } });
  expect(countMetrics()).toBe(1);
});

test('a call that is throttled for good answers 503 in its time, and its repetition ends as without', async () => {
  const write = 'create-upload: dynamodb:PutItem analysis';
  meet(write, 'throttled', 1, Number.POSITIVE_INFINITY);
  const body = JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg' });
  const init = { method: 'POST', body, headers: { 'idempotency-key': 'again' } };
  const refused = await lab.call('/v1/uploads', init);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]/);
  expect(await refused.json()).toMatchObject({ code: 'unavailable', retryable: true });
  lab.state.plan = () => undefined;
  expect((await lab.call('/v1/uploads', init)).status).toBe(201);
  expect(lab.state.late).toEqual([]);
});
