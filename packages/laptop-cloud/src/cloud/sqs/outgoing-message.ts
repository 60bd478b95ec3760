import { createHash } from 'node:crypto';
import { awsError } from '../service.ts';
import { invalidParameter } from './errors.ts';
import { MAX_DELAY_SECONDS } from './limits.ts';
import type { OutgoingMessage } from './message.ts';
import { checkMessageAttributes, countAttributeBytes } from './message-attributes.ts';

// The characters of XML 1.0; a lone surrogate is none of them.
const FORBIDDEN_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Throws for what SQS refuses: an empty or too long message, other characters than XML's, a wrong delay. */
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

/** MD5 in hex: what clients compare a body with. */
export function digestBody(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
