import { awsError } from '../service.ts';
import { invalidParameter, queueDoesNotExist } from './errors.ts';
import type { QueueInfo, QueueOptions, QueuesOptions } from './queue.ts';
import type { QueueStore, StoredQueue } from './queue-store.ts';
import { parseQueueSettings, type QueueChanges, type QueueSettings } from './settings.ts';

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

export type QueueRegistry = ReturnType<typeof createQueueRegistry>;

/** Which queues there are, and what each is set to. */
export function createQueueRegistry(
  store: QueueStore,
  { endpoint, region, accountId, now }: Required<QueuesOptions>,
) {
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;

  const describe = (queue: StoredQueue): QueueInfo => ({
    ...queue,
    arn: arnOf(queue.name),
    url: `${endpoint()}/${accountId}/${queue.name}`,
  });

  function find(name: string): QueueInfo | undefined {
    const queue = store.find(name);
    return queue && describe(queue);
  }

  function require(name: string): QueueInfo {
    const queue = find(name);
    if (!queue) throw queueDoesNotExist();
    return queue;
  }

  function save(name: string, settings: QueueSettings): void {
    if (settings.redrive) checkRedrive(name, find(settings.redrive.deadLetterQueueName));
    store.save(name, settings, now());
  }

  return {
    arnOf,
    nameOfArn(arn: string): string {
      const name = arn.slice(arn.lastIndexOf(':') + 1);
      if (arn !== arnOf(name)) throw invalidParameter('Arn', arn, 'No queue of this endpoint.');
      return name;
    },
    find,
    require,
    list: () => store.list().map(describe),
    remove: (name: string) => store.remove(require(name).name),
    configure: (name: string, changes: QueueChanges) =>
      save(name, parseQueueSettings({ ...require(name), ...changes })),
    ensureQueue({ name, ...settings }: QueueOptions): QueueInfo {
      if (!QUEUE_NAME.test(name)) {
        throw invalidParameter(
          'QueueName',
          name,
          'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length; FIFO queues are not supported here.',
        );
      }
      save(name, parseQueueSettings(settings));
      return require(name);
    },
  };
}

function checkRedrive(source: string, deadLetterQueue: QueueInfo | undefined): void {
  const refuse = (reason: string) =>
    awsError(
      'InvalidParameterValue',
      `Value for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  if (!deadLetterQueue) throw refuse('Dead letter target does not exist.');
  const allow = deadLetterQueue.redriveAllow;
  const allowed =
    !allow ||
    allow.permission === 'allowAll' ||
    (allow.permission === 'byQueue' && allow.sourceQueueNames?.includes(source));
  if (!allowed) throw refuse('The redrive allow policy of the dead letter target forbids it.');
}
