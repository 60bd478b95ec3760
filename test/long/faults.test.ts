import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fault, Plan, Sending } from '../support/faulty-aws.ts';
import { type Json, type Lab, type Labs, startLabs } from '../support/lab.ts';
import { findLeftovers, takeSnapshot } from '../support/snapshot.ts';
import { CALLS, RARE_CALLS } from '../template/calls.ts';
import { describeDoors, FLOWS, type Flow } from './flows.ts';

// The table: each AWS call of each flow of each function in turn is lost once after it was applied, lost once
// before, throttled six times; one of the API is throttled for good as well. What comes of it is what comes
// without.

/** Runs at the same time: most of the time they wait between two tries. */
const LABS = Number(process.env.FAULT_LABS ?? 12);
const FLOW_MINUTES = 20;

type Kind = Fault | 'for good';

/** Sendings that a fault meets. */
const TIMES: Record<Kind, number> = {
  applied: 1,
  lost: 1,
  throttled: 6,
  'for good': Number.POSITIVE_INFINITY,
};

/** The nth call of this name by this function, repetitions apart. */
interface Target {
  caller: string;
  call: string;
  nth: number;
}

/** What a function does not send itself, so that its client of AWS repeats nothing. */
const BY_CLIENTS = /(PostObject|UploadPart|GetObject) (uploads|results\/pictures)/;
/** Sent only after a fault: to learn what became of the call that was repeated. */
const AFTER_FAULTS = new Set([
  ...Object.keys(CALLS).map((name) => `${name}: dynamodb:GetItem used`),
  'process-upload: dynamodb:GetItem content',
  'deliver-webhook: dynamodb:GetItem delivery',
  'delete-analysis: dynamodb:GetItem content',
  'delete-data: dynamodb:GetItem content',
  'delete-analysis: s3:AbortMultipartUpload uploads/uploads missing',
  'cancel-upload: s3:AbortMultipartUpload uploads/uploads missing',
  'complete-upload: s3:CompleteMultipartUpload uploads/uploads missing',
]);
/** Reads, and what every request begins with, are tried once for a function; writes in each flow. */
const ONCE = /:(Get|Head|List|Query)|UpdateItem (rate|used)/;

/**
 * What may differ, and why. A request that is repeated uses its token once more, makes another token, which
 * nobody knows, and is told of an analyzer's version that it had stored itself that there is nothing new. Of
 * an object that is put twice S3 tells twice. Readiness waits four seconds for a dependency, throttled or not.
 */
const DIFFERING: { kind: Kind; call: RegExp; what: RegExp }[] = [
  { kind: 'for good', call: /./, what: /"pk":"used"|PUT \/v1\/analyzers\/own 20[01]/ },
  { kind: 'for good', call: /create-token: .* idempotency/, what: /"pk":"token"/ },
  { kind: 'applied', call: /s3:PutObject uploads/, what: /^received/ },
  { kind: 'throttled', call: /get-readiness/, what: /GET \/health\/ready (200|503)/ },
];

let labs: Labs;
const tried = new Set<string>();
const seen = new Set<string>();

beforeAll(async () => {
  labs = await startLabs(LABS);
}, 120_000);
afterAll(() => labs?.stop());

interface Run {
  snapshot: Json;
  targets: Target[];
  /** Whether the fault came about. */
  hits: number;
  failures: string[];
}

/** One run of a flow, with a fault or without. */
async function run(lab: Lab, flow: Flow, target?: Target, kind?: Kind): Promise<Run> {
  await lab.reset();
  const prepared = await flow.before?.(lab, labs);
  const { state } = lab;
  Object.assign(state, { lines: [], told: [], asked: 0, received: {}, answers: [] });
  const failures: string[] = [];
  const planned = target && kind ? describePlan(target, kind) : undefined;
  if (planned) state.plan = planned.plan;
  if (planned && kind === 'for good') {
    state.onAnswer = async (response, again) => {
      if (planned.hits() === 0 || response.status < 500) return response;
      const waits = response.headers.get('retry-after');
      if (response.status !== 503 || !waits)
        failures.push(`answered ${response.status}, Retry-After ${waits}`);
      planned.lift();
      await sleep(Number(waits) * 1000);
      return again();
    };
  }
  lab.forget();
  state.isCounting = true;
  await flow.act(lab, prepared).catch((error: unknown) => failures.push(String(error)));
  state.isCounting = false;
  for (const call of state.answered) seen.add(call);
  const [snapshot, left] = [await takeSnapshot(lab), await findLeftovers(lab)];
  return {
    snapshot,
    targets: listTargets(state.sendings),
    hits: planned?.hits() ?? 0,
    failures: [...failures, ...left, ...state.late],
  };
}

function describePlan(target: Target, kind: Kind) {
  const digests = new Map<string, number>();
  let hits = 0;
  let isLifted = false;
  /** Which call of this name it is; undefined for another's. */
  const count = ({ caller, call, digest }: Sending) => {
    if (caller !== target.caller || call !== target.call) return undefined;
    if (!digests.has(digest)) digests.set(digest, digests.size + 1);
    return digests.get(digest);
  };
  const plan: Plan = (sending) => {
    const which = count(sending) ?? 0;
    const isMeant = kind === 'for good' ? which >= target.nth : which === target.nth;
    if (!isMeant || isLifted || hits >= TIMES[kind]) return undefined;
    hits += 1;
    return kind === 'for good' ? 'throttled' : kind;
  };
  const lift = () => {
    isLifted = true;
  };
  return { plan, hits: () => hits, lift };
}

function listTargets(sendings: readonly Sending[]): Target[] {
  const counts = new Map<string, Set<string>>();
  return sendings.flatMap(({ caller = '', call, digest }) => {
    const digests = counts.get(`${caller}: ${call}`) ?? new Set();
    counts.set(`${caller}: ${call}`, digests);
    if (digests.has(digest)) return [];
    digests.add(digest);
    return [{ caller, call, nth: digests.size }];
  });
}

const isOfApi = (lab: Lab, name: string) => (lab.functions.get(name)?.routes.length ?? 0) > 0;

async function tryAll(flow: Flow): Promise<void> {
  const [first] = labs.labs;
  if (!first) return;
  const without = await run(first, flow);
  expect(without.failures).toEqual([]);
  const targets = without.targets.filter(({ caller, call }) => {
    const name = `${caller}: ${call}`;
    const isDone = ONCE.test(call) && tried.has(name);
    tried.add(name);
    return !isDone;
  });
  const cases = targets.flatMap((target) => {
    const kinds: Kind[] = ['applied', 'lost', 'throttled'];
    if (isOfApi(first, target.caller)) kinds.push('for good');
    return kinds.map((kind) => ({ target, kind }));
  });
  const failed: Json[] = [];
  const queue = [...cases];
  const workers = labs.labs.map(async (lab) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { target, kind } = next;
      const name = `${flow.name} | ${target.caller}: ${target.call} #${target.nth} ${kind}`;
      const { snapshot, failures, hits } = await run(lab, flow, target, kind);
      const differences = describeDifferences(without.snapshot, snapshot).filter(
        (difference) => !mayDiffer(`${target.caller}: ${target.call}`, kind, difference),
      );
      const all = [...failures, ...differences, ...(hits === 0 ? ['not reached'] : [])];
      if (all.length > 0) failed.push({ name, all });
    }
  });
  await Promise.all(workers);
  total += cases.length;
  console.info(`${flow.name}: ${cases.length} runs, ${failed.length} failed; ${total} in all`);
  for (const each of failed) console.info(JSON.stringify(each, null, 1));
  expect(failed.map(({ name }) => name)).toEqual([]);
}
let total = 0;

function mayDiffer(name: string, kind: Kind, difference: string): boolean {
  return DIFFERING.some(
    (each) => each.kind === kind && each.call.test(name) && each.what.test(difference),
  );
}

function describeDifferences(wanted: Json, found: Json): string[] {
  return Object.keys(wanted).flatMap((part) => {
    const [one, other] = [wanted[part], found[part]].map(listTexts);
    return [
      ...subtract(one, other).map((each) => `${part} - ${each}`),
      ...subtract(other, one).map((each) => `${part} + ${each}`),
    ];
  });
}

function listTexts(value: Json): string[] {
  return [value].flat().map((each) => JSON.stringify(each));
}

/** What the other list has not, or not as often. */
function subtract(list: string[] = [], other: string[] = []): string[] {
  const left = [...other];
  return list.filter((each) => {
    const index = left.indexOf(each);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

for (const flow of FLOWS) test(flow.name, () => tryAll(flow), FLOW_MINUTES * 60_000);

test(
  'every door of every function',
  async () => {
    const [first] = labs.labs;
    const failed: string[] = [];
    for (const flow of first ? describeDoors(first) : [])
      await tryAll(flow).catch((error: Error) => failed.push(error.message));
    expect(failed).toEqual([]);
  },
  FLOW_MINUTES * 60_000,
);

test('no call of calls.ts was left out, but for those that clients send', () => {
  const listed = Object.entries(CALLS).flatMap(([name, calls]) =>
    Object.keys(calls).map((call) => `${name}: ${call}`),
  );
  const left = listed.filter((name) => {
    const plain = name.replace(/ missing$/, '');
    const isTried = tried.has(plain) && seen.has(name);
    const isSent = isTried || (AFTER_FAULTS.has(name) && seen.has(name));
    return !isSent && !BY_CLIENTS.test(name) && !RARE_CALLS.includes(name);
  });
  expect(left).toEqual([]);
});
