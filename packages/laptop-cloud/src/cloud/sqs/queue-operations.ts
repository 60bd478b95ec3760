import { isDeepStrictEqual } from 'node:util';
import { awsError, type Operation } from '../aws-service.ts';
import { checkRange } from './message.ts';
import * as inputs from './operation-input.ts';
import { type Call, parseInput, requireQueue, requireQueueOfUrl } from './operation-input.ts';
import type { QueueInfo } from './queue.ts';
import { listQueueAttributes, readQueueAttributes } from './queue-attributes.ts';
import type { Queues } from './queues.ts';

const MAX_LISTED_QUEUES = 1_000;

/** Operations on queues, by their names in the API. */
export const QUEUE_OPERATIONS: Record<string, Operation<Call>> = {
  CreateQueue: createQueue,
  GetQueueUrl(input, { queues }) {
    const { QueueName } = parseInput(inputs.getQueueUrlInput, input);
    return { QueueUrl: requireQueue(queues, QueueName).url };
  },
  ListQueues(input, { queues }) {
    const { QueueNamePrefix = '', ...page } = parseInput(inputs.listQueuesInput, input);
    const found = queues.list().filter(({ name }) => name.startsWith(QueueNamePrefix));
    const { urls, ...rest } = listPage(found, page);
    return urls.length > 0 ? { QueueUrls: urls, ...rest } : {};
  },
  ListDeadLetterSourceQueues(input, { queues }) {
    const { QueueUrl, ...page } = parseInput(inputs.listSourceQueuesInput, input);
    const { urls, ...rest } = listPage(
      listSources(queues, requireQueueOfUrl(queues, QueueUrl)),
      page,
    );
    return { queueUrls: urls, ...rest }; // the API's own spelling
  },
  GetQueueAttributes(input, { queues }) {
    const { QueueUrl, AttributeNames = [] } = parseInput(inputs.getAttributesInput, input);
    const queue = requireQueueOfUrl(queues, QueueUrl);
    const counts = queues.count(queue.name);
    return { Attributes: listQueueAttributes(queue, counts, AttributeNames, queues.arnOf) };
  },
  SetQueueAttributes(input, { queues }) {
    const { QueueUrl, Attributes } = parseInput(inputs.setAttributesInput, input);
    const { name } = requireQueueOfUrl(queues, QueueUrl);
    queues.configure(name, readQueueAttributes(Attributes, queues.nameOfArn));
  },
  DeleteQueue(input, { queues }) {
    const { QueueUrl } = parseInput(inputs.queueInput, input);
    queues.remove(requireQueueOfUrl(queues, QueueUrl).name);
  },
  PurgeQueue(input, { queues }) {
    const { QueueUrl } = parseInput(inputs.queueInput, input);
    queues.purge(requireQueueOfUrl(queues, QueueUrl).name);
  },
  StartMessageMoveTask: startMoveTask,
};

/** As in SQS, creating the same queue again is no error, but creating it with other attributes is. */
function createQueue(input: unknown, { queues }: Call) {
  const { QueueName, Attributes = {} } = parseInput(inputs.createQueueInput, input);
  const settings = readQueueAttributes(Attributes, queues.nameOfArn);
  const existing = queues.find(QueueName);
  if (!existing) return { QueueUrl: queues.ensureQueue({ name: QueueName, ...settings }).url };
  for (const [name, value] of Object.entries(settings)) {
    const current = Object.entries(existing).find(([key]) => key === name)?.[1];
    if (isDeepStrictEqual(current, value)) continue;
    throw awsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for ${name}.`,
    );
  }
  return { QueueUrl: existing.url };
}

/** Moves all messages at once, so there is no task to list or cancel. */
function startMoveTask(input: unknown, { queues }: Call) {
  const { SourceArn, DestinationArn } = parseInput(inputs.moveTaskInput, input);
  const source = queues.find(queues.nameOfArn(SourceArn));
  if (!source) throw awsError('ResourceNotFoundException', 'The source queue does not exist.', 404);
  if (listSources(queues, source).length === 0) {
    throw awsError(
      'InvalidParameterValue',
      'Source queue must be configured as a Dead Letter Queue.',
    );
  }
  queues.redrive(source.name, DestinationArn && queues.nameOfArn(DestinationArn));
  return { TaskHandle: Buffer.from(JSON.stringify({ SourceArn })).toString('base64') };
}

function listSources(queues: Queues, deadLetterQueue: QueueInfo): QueueInfo[] {
  return queues
    .list()
    .filter(({ redrive }) => redrive?.deadLetterQueueName === deadLetterQueue.name);
}

/** Sorted by name; the token holds the previous page's last name. */
function listPage(queues: QueueInfo[], page: { MaxResults?: number; NextToken?: string }) {
  const most = page.MaxResults ?? MAX_LISTED_QUEUES;
  checkRange('MaxResults', most, 1, MAX_LISTED_QUEUES);
  const after = Buffer.from(page.NextToken ?? '', 'base64url').toString();
  const rest = queues.filter(({ name }) => name > after);
  const shown = rest.slice(0, most);
  const last = shown.at(-1);
  const urls = shown.map(({ url }) => url);
  // Without MaxResults SQS returns the first thousand, and no token.
  if (!last || rest.length <= most || page.MaxResults === undefined) return { urls };
  return { urls, NextToken: Buffer.from(last.name).toString('base64url') };
}
