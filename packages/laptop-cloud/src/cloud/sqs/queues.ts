import type { DatabaseSync } from 'node:sqlite';
import { createDeliveries } from './deliveries.ts';
import { createLongPolls } from './long-polls.ts';
import type { OutgoingMessage, ReceivedMessage, ReceiveOptions, SentMessage } from './message.ts';
import { createMessageStore, type MessageCounts } from './message-store.ts';
import type { QueueChanges, QueueInfo, QueueOptions, QueuesOptions } from './queue.ts';
import { createQueueRegistry, createQueueStore } from './queue-registry.ts';

/** All queues; synchronous on the shared database, so that a send joins its caller's transaction. Throws `AwsError`. */
export interface Queues {
  arnOf(name: string): string;
  /** Throws `InvalidParameterValue` for an ARN of another account or region. */
  nameOfArn(arn: string): string;
  /** Creates the queue, or gives an existing one these settings. A dead-letter queue must exist before its sources. */
  ensureQueue(options: QueueOptions): QueueInfo;
  /** Changes the given settings and keeps the others; `undefined` removes an optional one. */
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
  /** Does nothing for a receipt handle that a later receive has replaced. */
  delete(name: string, receiptHandle: string): void;
  changeVisibility(name: string, receiptHandle: string, seconds: number): void;
  /** Keeps the message hidden until its visibility timeout ends, also over a restart: its receiver has returned it. */
  keepInFlight(name: string, receiptHandle: string): void;
  /** Moves a dead-letter queue's visible messages, as new ones, to `destination` or back to their source queues. */
  redrive(name: string, destination?: string): number;
  /** At start: makes the messages visible that a dead run had in flight, without counting that receive. Returns their number. */
  recoverInFlight(): number;
  /** Ends all long polls, empty; the database may be closed then. */
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
      longPolls.wake(name); // its long polls end with QueueDoesNotExist
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
