import { createHash } from 'node:crypto';
import { invalidParameter } from './errors.ts';
import { MAX_ATTRIBUTES_PER_MESSAGE } from './limits.ts';
import type { MessageAttribute } from './message.ts';

const NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/i;
const DATA_TYPE = /^(String|Number|Binary)(\.[^\s]{1,249})?$/;
const STRING = 1;
const BINARY = 2;

/** Throws `InvalidParameterValue` for what SQS refuses: names, types, empty values. */
export function checkMessageAttributes(attributes: Record<string, MessageAttribute>): void {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES_PER_MESSAGE) {
    throw invalidParameter(
      'MessageAttributes',
      entries.length,
      `Number of message attributes must not exceed ${MAX_ATTRIBUTES_PER_MESSAGE}.`,
    );
  }
  for (const [name, attribute] of entries) checkMessageAttribute(name, attribute);
}

function checkMessageAttribute(name: string, attribute: MessageAttribute): void {
  if (!NAME.test(name)) {
    throw invalidParameter('MessageAttributeName', name, 'Not a valid message attribute name.');
  }
  const type = DATA_TYPE.exec(attribute.DataType)?.[1];
  if (!type) {
    throw invalidParameter('DataType', attribute.DataType, 'Must be String, Number or Binary.');
  }
  const [value, other] =
    type === 'Binary'
      ? [attribute.BinaryValue, attribute.StringValue]
      : [attribute.StringValue, attribute.BinaryValue];
  if (!value || other !== undefined) {
    throw invalidParameter(name, attribute.DataType, 'Must hold one non-empty value of its type.');
  }
  if (type === 'Number' && !Number.isFinite(Number(value))) {
    throw invalidParameter(name, value, "Can't cast the value of message attribute to a number.");
  }
}

/** Names, types and values count towards a message's size. */
export function countAttributeBytes(attributes: Record<string, MessageAttribute>): number {
  let bytes = 0;
  for (const [name, attribute] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType);
    bytes += readValue(attribute).length;
  }
  return bytes;
}

/**
 * The digest that clients compare: sorted by name; name, type and value each with its length.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function digestAttributes(attributes: Record<string, MessageAttribute>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (!attribute) continue;
    add(Buffer.from(name));
    add(Buffer.from(attribute.DataType));
    hash.update(Buffer.of(attribute.BinaryValue === undefined ? STRING : BINARY));
    add(readValue(attribute));
  }
  return hash.digest('hex');
}

function readValue(attribute: MessageAttribute): Buffer {
  return attribute.BinaryValue === undefined
    ? Buffer.from(attribute.StringValue ?? '')
    : Buffer.from(attribute.BinaryValue, 'base64');
}
