import type { Item } from '../../lib/aws/table.ts';
import type { Json, Lab } from './lab.ts';

// What a run has come to, without what differs from run to run: ids, times, tokens.

/** Times, tokens and the like: only that they are there matters. */
const VARYING =
  /(At|Until|Ms)$|^(at|token|leaseToken|lastKey|lastUse|mark|since|until|eTag|etag|uploadId|answer|digest|timestamp|parent)$/;
/** Counts of writes: what is written twice, to the same effect, is counted twice. And messages' ids. */
const LEFT_OUT = /^(version$|copy#)/;
/** Items whose key is drawn, and those that say no more than that somebody called. */
const DRAWN = /^(token|used)#/;
const IGNORED = /^(rate|client|client-key)#/;

export async function takeSnapshot(lab: Lab): Promise<Json> {
  const [items, objects] = [await lab.listItems(), await lab.listObjects()];
  const { state } = lab;
  const raw = {
    items: items.filter(({ pk }) => !IGNORED.test(String(pk))).map(describeItem),
    objects: objects.map(({ Bucket, Key, Size }) => `${Bucket}/${Key} ${Size}`),
    ended: state.lines.flatMap(readMetric),
    told: state.told,
    asked: state.asked,
    /** Of objects' messages: one that comes again has waited for something. */
    received: state.received['process-upload'],
    answers: state.answers,
  };
  const text = JSON.stringify(raw);
  return sortAll(JSON.parse(withoutIds(text)));
}

function describeItem({ pk, ...item }: Item): object {
  const key = String(pk);
  const [prefix = ''] = key.split('#');
  if (prefix === 'spending') return { pk: prefix, ...readSums(item) };
  return { pk: DRAWN.test(key) ? prefix : key, ...withoutTimes(item) };
}

/** By the sum alone: a run may go over midnight. What is set aside stands beside it. */
function readSums(item: Item): Record<string, unknown> {
  const sums: Record<string, number> = {};
  for (const [name, value] of Object.entries(item)) {
    const isSum = /^(d\d\d|m)[a-z]{2}$/.test(name);
    if (isSum) sums[name.replace(/^d\d\d/, 'd')] = (sums[name] ?? 0) + Number(value);
  }
  const held = Object.keys(item).filter((name) => name.startsWith('held#'));
  const kept = Object.entries(sums).filter(([, value]) => value !== 0);
  return { ...Object.fromEntries(kept), held };
}

function withoutTimes(value: unknown): Json {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, one]) => {
    if (LEFT_OUT.test(name)) return [];
    return [[name, VARYING.test(name) ? '*' : withoutTimes(one)]];
  });
  return Object.fromEntries(entries);
}

function readMetric(line: string): object[] {
  if (!line.includes('"AnalysisEnded"')) return [];
  const { status, code, model, CostUsd } = JSON.parse(line);
  return [{ status, code, model, CostUsd }];
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Ids sort by their time: the first becomes 1. */
function withoutIds(text: string): string {
  const ids = [...new Set(text.match(/(?<=(an|evt)_)[0-9a-hjkmnp-tv-z]{26}/g))].toSorted();
  const hooks = [...new Set(text.match(/wh_[0-9a-f]{20}/g))];
  let plain = text.replaceAll(UUID, 'uuid');
  for (const [index, id] of ids.entries()) plain = plain.replaceAll(id, String(index + 1));
  for (const hook of hooks) plain = plain.replaceAll(hook, 'wh');
  return plain;
}

function sortAll(value: Json): Json {
  if (Array.isArray(value)) {
    const sorted = value.map(sortAll).map((one) => JSON.stringify(one));
    return sorted.toSorted().map((one) => JSON.parse(one));
  }
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).toSorted();
  return Object.fromEntries(names.map((name) => [name, sortAll(value[name])]));
}

/** What no run may leave behind, with faults or without. */
export async function findLeftovers(
  lab: Pick<Lab, 'listItems' | 'listObjects' | 'resultBucket'>,
): Promise<string[]> {
  const items = await lab.listItems();
  const named = JSON.stringify(items);
  const objects = (await lab.listObjects()).filter(({ Bucket }) => Bucket === lab.resultBucket);
  const stray = objects.filter(({ Key }) => !named.includes(JSON.stringify(Key)));
  const keys = new Set(objects.map(({ Key }) => Key));
  const wanted = items.flatMap((item: Json) => [item.resultKey, item.picture?.key]);
  const missing = wanted.filter((key) => key && !keys.has(key));
  const held = items.flatMap((item) => Object.keys(item).filter((name) => /^held#/.test(name)));
  return [
    ...stray.map(({ Key }) => `an object that no record names: ${Key}`),
    ...missing.map((key) => `a record's object that is not there: ${key}`),
    ...held.map((name) => `a reservation: ${name}`),
  ];
}
