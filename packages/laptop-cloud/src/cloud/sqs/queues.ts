import type { DatabaseSync } from 'node:sqlite';
import { createDeliveries } from './deliveries.ts';
import { createLongPolls } from './long-polls.ts';
import type { OutgoingMessage, ReceivedMessage, ReceiveOptions, SentMessage } from './message.ts';
import { createMessageStore, type MessageCounts } from './message-store.ts';
import type { QueueChanges, QueueInfo, QueueOptions, QueuesOptions } from './queue.ts';
import { createQueueRegistry, createQueueStore } from './queue-registry.ts';

/** The queue core: synchronous on the shared database, so that a send joins its caller's transaction. Throws `AwsError`. */
export interface Queues {
  arnOf(name: string): string;
  /** Throws `InvalidParameterValue` for another account's or region's. */
  nameOfArn(arn: string): string;
  /** Creates the queue, or sets the one of that name to these settings. A dead-letter queue must exist before its sources. */
  ensureQueue(options: QueueOptions): QueueInfo;
  /** Changes the settings named, keeps the others; `undefined` takes an optional one away. */
  configure(name: string, changes: QueueChanges): void;
  find(name: string): QueueInfo | undefined;
  list(): QueueInfo[];
  /** Removes the queue with its messages. */
  remove(name: string): void;
  purge(name: string): void;
  count(name: string): MessageCounts;
  send(name: string, message: OutgoingMessage): SentMessage;
  /** Long-polls up to `waitSeconds`; empty when the time is up or `signal` aborts. */
  receive(name: string, options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** A handle that a later receive has replaced deletes nothing, quietly. */
  delete(name: string, receiptHandle: string): void;
  changeVisibility(name: string, receiptHandle: string, seconds: number): void;
  /** The receiver is through with it: it stays in flight until its time is up, over a restart too. */
  keepInFlight(name: string, receiptHandle: string): void;
  /** Moves a dead-letter queue's visible messages, as new ones, to `destination` or back to where each came from. */
  redrive(name: string, destination?: string): number;
  /** At start: what a dead run had received, and not let go, is visible at once, and that receive is not counted. Returns how many. */
  recoverInFlight(): number;
  /** Ends all long polls, empty; the database may be closed afterwards. */
  close(): void;
}

export function createQueues(database: DatabaseSync, options: QueuesOptions): Queues {
  const now = options.now ?? Date.now;
  const queueStore = createQueueStore(database); // first: the messages' statements name its table
  const messages = createMessageStore(database);
  const registry = createQueueRegistry(queueStore, { ...options, now });
  const longPolls = createLongPolls((queue) => {
    const next = messages.nextVisibleAt(queue);
    return next === null ? null : next - now();
  });
  const context = { database, messages, registry, longPolls, now, senderId: options.accountId };
  return {
    ...registry,
    ...createDeliveries(context),
    remove(name) {
      registry.remove(name);
      messages.purge(name);
      longPolls.wake(name); // those who wait learn that it is gone
    },
    purge: (name) => messages.purge(registry.require(name).name),
    count(name) {
      messages.expire(name, now() - registry.require(name).messageRetentionSeconds * 1000);
      return messages.count(name, now());
    },
    recoverInFlight: () => messages.recover(),
    close: () => longPolls.close(),
  };
}
