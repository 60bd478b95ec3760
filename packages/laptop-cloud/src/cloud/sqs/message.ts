import { createHash } from 'node:crypto';
import { awsError } from '../aws-service.ts';
import { invalidParameter } from './errors.ts';
import { MAX_ATTRIBUTES_PER_MESSAGE, MAX_DELAY_SECONDS } from './queue.ts';

/** As in the API; `BinaryValue` in base64. */
export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface OutgoingMessage {
  body: string;
  delaySeconds?: number;
  attributes?: Record<string, MessageAttribute>;
  /** MessageGroupId: the tenant, in a fair queue. No tenant's messages hold up the others'. */
  tenant?: string;
}

export interface SentMessage {
  messageId: string;
  md5: string;
}

export interface ReceivedMessage {
  messageId: string;
  receiptHandle: string;
  body: string;
  md5: string;
  /** SenderId, SentTimestamp, ApproximateReceiveCount, ApproximateFirstReceiveTimestamp, of a tenant's MessageGroupId and, in a dead-letter queue, DeadLetterQueueSourceArn; times in ms. */
  attributes: Record<string, string>;
  messageAttributes: Record<string, MessageAttribute>;
}

export interface ReceiveOptions {
  max: number;
  waitSeconds: number;
  visibilityTimeoutSeconds?: number;
  signal?: AbortSignal;
}

// Everything but the characters of XML 1.0; a lone surrogate is not one.
const FORBIDDEN_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Throws SQS's errors for an empty or too long message, characters that XML forbids, or a wrong delay. */
export function checkOutgoingMessage(message: OutgoingMessage, maximumBytes: number): void {
  if (message.body === '') {
    throw awsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  }
  checkCharacters(message.body);
  const attributes = message.attributes ?? {};
  checkMessageAttributes(attributes);
  for (const attribute of Object.values(attributes)) checkCharacters(attribute.StringValue ?? '');
  if (measureMessage(message) > maximumBytes) {
    throw awsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`,
    );
  }
  checkRange('DelaySeconds', message.delaySeconds ?? 0, 0, MAX_DELAY_SECONDS);
}

/** In bytes; a batch's messages together may be no larger than one message. */
export function measureMessage({ body, attributes }: OutgoingMessage): number {
  return Buffer.byteLength(body) + countAttributeBytes(attributes ?? {});
}

export function checkRange(parameter: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidParameter(parameter, value, `Must be between ${least} and ${most}, if provided.`);
}

function checkCharacters(text: string): void {
  const found = FORBIDDEN_CHARACTER.exec(text)?.[0].codePointAt(0)?.toString(16);
  if (!found) return;
  throw awsError(
    'InvalidMessageContents',
    `Invalid character '#x${found}' was found in the message, the set of allowed characters is ` +
      '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
  );
}

/** MD5 in hex; clients compare it with their own of the body. */
export function digestBody(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

const NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/i;
const DATA_TYPE = /^(String|Number|Binary)(\.[^\s]{1,249})?$/;
const STRING = 1;
const BINARY = 2;

/** Throws `InvalidParameterValue` for names, types and empty values that SQS refuses. */
function checkMessageAttributes(attributes: Record<string, MessageAttribute>): void {
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
function countAttributeBytes(attributes: Record<string, MessageAttribute>): number {
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
