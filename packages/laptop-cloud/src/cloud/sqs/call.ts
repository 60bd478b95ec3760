import { awsError } from '../service.ts';
import { queueDoesNotExist } from './errors.ts';
import type { QueueInfo } from './queue.ts';
import type { Queues } from './queues.ts';

export interface Call {
  queues: Queues;
  /** Aborts when the caller hangs up: a message received for nobody would wait for its time-out. */
  signal: AbortSignal;
}

/** By name; throws `QueueDoesNotExist`. */
export function requireQueue(queues: Queues, name: string): QueueInfo {
  const queue = queues.find(name);
  if (!queue) throw queueDoesNotExist();
  return queue;
}

/** By its URL, whose host is the client's business (a tunnel, another name of this machine). Throws `InvalidAddress`, `QueueDoesNotExist`. */
export function requireQueueOfUrl(queues: Queues, url: string): QueueInfo {
  const [, account, name] = /^\/(\d{12})\/([^/]+)$/.exec(URL.parse(url)?.pathname ?? '') ?? [];
  if (!account || !name) {
    throw awsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`);
  }
  const queue = requireQueue(queues, name);
  if (!queue.url.endsWith(`/${account}/${name}`)) throw queueDoesNotExist();
  return queue;
}
