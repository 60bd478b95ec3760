import type { Operation } from '../aws-json.ts';
import { type Call, requireQueueOfUrl } from './call.ts';
import * as inputs from './inputs.ts';
import { parseInput } from './inputs.ts';
import type { MessageAttribute, OutgoingMessage, ReceivedMessage } from './message.ts';
import { digestAttributes } from './message-attributes.ts';
import { runBatch } from './run-batch.ts';

/** What is done with messages; names as in the API. */
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
  const digest = digestAttributes(messageAttributes); // over those shown: clients check it
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
