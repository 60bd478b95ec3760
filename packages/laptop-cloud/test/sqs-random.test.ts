import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueues, type Queues } from '../src/cloud/sqs/queues.ts';

type Step = (world: World) => void | Promise<void>;

interface World {
  queues: Queues;
  /** Milliseconds since 1970. */
  now: number;
  /** Ids of what was sent and not deleted. */
  alive: Set<string>;
  /** Who holds what, until when. */
  held: Map<string, { handle: string; until: number }>;
  /** Until when what was let go stays out of sight. */
  resting: Map<string, number>;
  restart(): void;
}

function createWorld(): World {
  const database = new DatabaseSync(':memory:');
  const open = () =>
    createQueues(database, {
      endpoint: () => '',
      region: 'us-east-1',
      accountId: '000000000000',
      now: () => world.now,
    });
  const world: World = {
    queues: open(),
    now: 1_800_000_000_000,
    alive: new Set(),
    held: new Map(),
    resting: new Map(),
    restart() {
      world.queues = open();
      world.queues.recoverInFlight();
      world.held.clear();
    },
  };
  world.queues.ensureQueue({ name: 'dead' });
  const redrive = { deadLetterQueueName: 'dead', maxReceiveCount: 3 };
  world.queues.ensureQueue({ name: 'work', redrive });
  return world;
}

const send =
  (delaySeconds: number): Step =>
  ({ queues, alive }) =>
    void alive.add(queues.send('work', { body: 'x', delaySeconds }).messageId);

const receive =
  (seconds: number): Step =>
  async ({ queues, held, resting, now }) => {
    const options = { max: 10, waitSeconds: 0, visibilityTimeoutSeconds: seconds };
    for (const { messageId, receiptHandle } of await queues.receive('work', options)) {
      expect(held.has(messageId) || resting.has(messageId)).toBe(false);
      held.set(messageId, { handle: receiptHandle, until: now + seconds * 1000 });
    }
  };

const finish =
  (which: number, how: (world: World, handle: string, messageId: string) => void): Step =>
  (world) => {
    const [messageId, holder] = [...world.held].at(which % Math.max(world.held.size, 1)) ?? [];
    if (!messageId || !holder) return;
    world.held.delete(messageId);
    how(world, holder.handle, messageId);
  };

const remove = (which: number) =>
  finish(which, ({ queues, alive }, handle, messageId) => {
    queues.delete('work', handle);
    alive.delete(messageId);
  });

const putBack = (which: number) =>
  finish(which, ({ queues }, handle) => queues.changeVisibility('work', handle, 0));

const keepInFlight = (which: number) =>
  finish(which, ({ queues, resting, now }, handle, messageId) => {
    queues.changeVisibility('work', handle, 3);
    queues.keepInFlight('work', handle);
    resting.set(messageId, now + 3000);
  });

const pass =
  (seconds: number): Step =>
  (world) => {
    world.now += seconds * 1000;
    for (const [id, { until }] of world.held) if (until <= world.now) world.held.delete(id);
    for (const [id, until] of world.resting) if (until <= world.now) world.resting.delete(id);
  };

function countAll({ queues }: World): number {
  return ['work', 'dead']
    .map((name) => queues.count(name))
    .reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
}

test('whatever is done, and restarted, no message is lost, none has two holders or comes before its time', async () => {
  const steps = fc.oneof(
    fc.nat(3).map(send),
    fc.integer({ min: 1, max: 5 }).map(receive),
    fc.nat(5).map(remove),
    fc.nat(5).map(putBack),
    fc.nat(5).map(keepInFlight),
    fc.nat(4).map(pass),
    fc.constant<Step>((world) => world.restart()),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (sequence) => {
      const world = createWorld();
      for (const step of sequence) {
        await step(world);
        expect(countAll(world)).toBe(world.alive.size);
        expect(world.queues.count('work').inFlight).toBe(world.held.size + world.resting.size);
      }
    }),
    { numRuns: 60 },
  );
});
