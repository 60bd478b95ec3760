import type { DatabaseSync } from 'node:sqlite';
import type { MessageStore } from './message-store.ts';
import type { QueueRegistry } from './queue-registry.ts';
import type { Waiters } from './waiters.ts';

/** What the queues of one endpoint share. */
export interface Parts {
  database: DatabaseSync;
  messages: MessageStore;
  registry: QueueRegistry;
  waiters: Waiters;
  now: () => number;
  senderId: string;
}
