import { awsError, describeFailure, type Operation } from '../aws-service.ts';
import { queryCode } from './errors.ts';
import {
  digestAttributes,
  type MessageAttribute,
  measureMessage,
  type OutgoingMessage,
  type ReceivedMessage,
} from './message.ts';
import * as inputs from './operation-input.ts';
import { type Call, parseInput, requireQueueOfUrl } from './operation-input.ts';
import { MAX_ENTRIES_PER_BATCH, MAX_MESSAGE_BYTES } from './queue.ts';

/** Operations on messages, by their names in the API. */
export const MESSAGE_OPERATIONS: Record<string, Operation<Call>> = {
  SendMessage(input, { queues }) {
    const { QueueUrl, ...entry } = parseInput(inputs.sendInput, input);
    const { name } = requireQueueOfUrl(queues, QueueUrl);
    return sendMessage({ queues }, name, toOutgoing(entry));
  },
  SendMessageBatch(input, { queues }) {
    const { QueueUrl, Entries } = parseInput(inputs.sendBatchInput, input);
    const { name } = requireQueueOfUrl(queues, QueueUrl);
    const messages = Entries.map(({ Id, ...entry }) => ({ Id, ...toOutgoing(entry) }));
    return runBatch(messages, (message) => sendMessage({ queues }, name, message));
  },
  ReceiveMessage: receiveMessages,
  DeleteMessage(input, { queues }) {
    const { QueueUrl, ReceiptHandle } = parseInput(inputs.deleteInput, input);
    queues.delete(requireQueueOfUrl(queues, QueueUrl).name, ReceiptHandle);
  },
  DeleteMessageBatch(input, { queues }) {
    const { QueueUrl, Entries } = parseInput(inputs.deleteBatchInput, input);
    const { name } = requireQueueOfUrl(queues, QueueUrl);
    return runBatch(Entries, ({ ReceiptHandle }) => queues.delete(name, ReceiptHandle));
  },
  ChangeMessageVisibility(input, { queues }) {
    const { QueueUrl, ...change } = parseInput(inputs.visibilityInput, input);
    const { name } = requireQueueOfUrl(queues, QueueUrl);
    queues.changeVisibility(name, change.ReceiptHandle, change.VisibilityTimeout);
  },
  ChangeMessageVisibilityBatch(input, { queues }) {
    const { QueueUrl, Entries } = parseInput(inputs.visibilityBatchInput, input);
    const { name } = requireQueueOfUrl(queues, QueueUrl);
    return runBatch(Entries, ({ ReceiptHandle, VisibilityTimeout }) =>
      queues.changeVisibility(name, ReceiptHandle, VisibilityTimeout),
    );
  },
};

type SendEntry = Omit<ReturnType<typeof inputs.sendInput.parse>, 'QueueUrl'>;

function toOutgoing(entry: SendEntry): OutgoingMessage {
  const { MessageBody, DelaySeconds, MessageAttributes, MessageGroupId } = entry;
  return {
    body: MessageBody,
    ...(DelaySeconds !== undefined && { delaySeconds: DelaySeconds }),
    ...(MessageAttributes && { attributes: MessageAttributes }),
    ...(MessageGroupId !== undefined && { tenant: MessageGroupId }),
  };
}

function sendMessage({ queues }: Pick<Call, 'queues'>, name: string, message: OutgoingMessage) {
  const { messageId, md5 } = queues.send(name, message);
  const digest = digestAttributes(message.attributes ?? {});
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5,
    ...(digest && { MD5OfMessageAttributes: digest }),
  };
}

async function receiveMessages(input: unknown, { queues, signal }: Call) {
  const given = parseInput(inputs.receiveInput, input);
  const queue = requireQueueOfUrl(queues, given.QueueUrl);
  const messages = await queues.receive(queue.name, {
    max: given.MaxNumberOfMessages,
    waitSeconds: given.WaitTimeSeconds ?? queue.receiveWaitSeconds,
    signal,
    ...(given.VisibilityTimeout !== undefined && {
      visibilityTimeoutSeconds: given.VisibilityTimeout,
    }),
  });
  if (messages.length === 0) return {};
  const system = [...(given.AttributeNames ?? []), ...(given.MessageSystemAttributeNames ?? [])];
  return {
    Messages: messages.map((one) => toAnswer(one, system, given.MessageAttributeNames ?? [])),
  };
}

function toAnswer(message: ReceivedMessage, system: string[], own: string[]) {
  const attributes = pick(message.attributes, system);
  const messageAttributes: Record<string, MessageAttribute> = pick(message.messageAttributes, own);
  const digest = digestAttributes(messageAttributes); // of the attributes in the answer: clients check it
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5,
    Body: message.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(digest && { MessageAttributes: messageAttributes, MD5OfMessageAttributes: digest }),
  };
}

/** Names may be `All`, `.*` or `prefix.*`. */
function pick<Value>(all: Record<string, Value>, names: string[]): Record<string, Value> {
  const wanted = (name: string) =>
    names.some(
      (one) =>
        one === 'All' ||
        one === name ||
        (one.endsWith('.*') && name.startsWith(one.slice(0, -'.*'.length))),
    );
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted(name)));
}

const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

interface Entry {
  Id: string;
  body?: string;
}

interface FailedEntry {
  Id: string;
  SenderFault: boolean;
  Code: string;
  Message: string;
}

/** Runs entries one by one, each with its own result; throws if SQS refuses the batch as a whole. */
function runBatch<One extends Entry>(entries: One[], run: (entry: One) => unknown) {
  checkBatch(entries);
  const Successful: { Id: string }[] = [];
  const Failed: FailedEntry[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...Object(run(entry)) });
    } catch (error) {
      const { code, message, status } = describeFailure(error);
      Failed.push({
        Id: entry.Id,
        SenderFault: status < 500,
        Code: queryCode(code),
        Message: message,
      });
    }
  }
  return {
    ...(Successful.length > 0 && { Successful }),
    ...(Failed.length > 0 && { Failed }),
  };
}

function checkBatch(entries: Entry[]): void {
  if (entries.length === 0) {
    throw awsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_ENTRIES_PER_BATCH) {
    throw awsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES_PER_BATCH}.`,
    );
  }
  for (const { Id } of entries) {
    if (ENTRY_ID.test(Id)) continue;
    throw awsError('InvalidBatchEntryId', `${Id} is not a valid id of a batch entry.`);
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw awsError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
  }
  let bytes = 0;
  for (const { body, ...rest } of entries) {
    if (body !== undefined) bytes += measureMessage({ body, ...rest });
  }
  if (bytes <= MAX_MESSAGE_BYTES) return;
  throw awsError(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes.`,
  );
}
