import * as z from 'zod';
import { awsError } from '../aws-service.ts';
import { type CredentialScope, deriveSigningKey, signText } from '../canonical-request.ts';
import {
  type Credentials,
  checkAccessKey,
  checkSignature,
  readCredential,
  readDate,
} from '../sigv4.ts';
import { tooLarge } from './payload.ts';
import { type ErrorDetails, s3Error } from './s3-error.ts';

const condition = z.union([
  z.tuple([z.literal('eq'), z.string(), z.string()]),
  z.tuple([z.literal('starts-with'), z.string(), z.string()]),
  z.tuple([
    z.literal('content-length-range'),
    z.coerce.number().int().min(0),
    z.coerce.number().int().min(0),
  ]),
  z.record(z.string(), z.string()).refine((value) => Object.keys(value).length === 1),
]);

const policySchema = z.object({
  expiration: z.iso.datetime({ offset: true }),
  conditions: z.array(condition),
});

interface Policy {
  /** Milliseconds since 1970. */
  expires: number;
  conditions: z.infer<typeof condition>[];
}

/** Fields that need no condition. */
const UNCOVERED = new Set(['policy', 'x-amz-signature', 'file']);

/** Reads a form's policy, base64 of JSON. Throws InvalidPolicyDocument. */
export function parsePolicy(base64: string): Policy {
  const parsed = policySchema.safeParse(parseJson(Buffer.from(base64, 'base64').toString()));
  if (parsed.success) {
    const { expiration, conditions } = parsed.data;
    return { expires: Date.parse(expiration), conditions };
  }
  const [issue] = parsed.error.issues;
  const message = `Invalid Policy: Invalid ${issue?.path.join('.') ?? ''}.`;
  throw s3Error('InvalidPolicyDocument', {}, message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw s3Error('InvalidPolicyDocument');
  }
}

/**
 * Checks a form's fields, by name in lower case, against its policy, as S3 does: every condition holds,
 * and every field, the bucket included, has one. Throws AccessDenied.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function checkPolicy(
  policy: Policy,
  fields: ReadonlyMap<string, string>,
  options: { bucket: string; now: number },
): void {
  if (options.now > policy.expires) throw violated('Policy expired.');
  // The URL names the bucket; a field is not trusted.
  const values = new Map(fields).set('bucket', options.bucket);
  if (fields.has('bucket') && fields.get('bucket') !== options.bucket) {
    throw violated(`Policy Condition failed: ["eq", "$bucket", "${options.bucket}"]`);
  }
  const covered = new Set<string>();
  for (const item of policy.conditions) {
    const match = readMatch(item);
    if (!match) continue;
    covered.add(match.field);
    if (holds(match, values.get(match.field))) continue;
    const text = `["${match.operator}", "$${match.name}", "${match.value}"]`;
    throw violated(`Policy Condition failed: ${text}`);
  }
  const extra = [...values.keys()].filter((name) => !covered.has(name) && needsCondition(name));
  if (extra.length > 0) throw violated(`Extra input fields: ${extra.join(', ')}`);
}

function violated(reason: string): Error {
  return s3Error('AccessDenied', {}, `Invalid according to Policy: ${reason}`);
}

function needsCondition(name: string): boolean {
  return !UNCOVERED.has(name) && !name.startsWith('x-ignore-');
}

interface Match {
  operator: 'eq' | 'starts-with';
  /** As the policy writes it, and in lower case. */
  name: string;
  field: string;
  value: string;
}

function readMatch(item: Policy['conditions'][number]): Match | undefined {
  if (Array.isArray(item)) {
    const [operator, name, value] = item;
    if (operator === 'content-length-range') return undefined;
    if (!name.startsWith('$')) {
      const message = 'Invalid Policy: Invalid Condition: names begin with "$".';
      throw s3Error('InvalidPolicyDocument', {}, message);
    }
    return { operator, name: name.slice(1), field: name.slice(1).toLowerCase(), value };
  }
  const [name = '', value = ''] = Object.entries(item)[0] ?? [];
  return { operator: 'eq', name, field: name.toLowerCase(), value };
}

function holds(match: Match, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  if (match.operator === 'eq') return actual === match.value;
  // Browsers send a list of types for several files: each must match.
  const items = match.field === 'content-type' ? actual.split(',') : [actual];
  return items.every((item) => item.trimStart().startsWith(match.value));
}

/** The sizes allowed by all `content-length-range` conditions together, in bytes. */
export function readSizeRange(policy: Policy): { minimum: number; maximum: number } {
  const range = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
  for (const item of policy.conditions) {
    if (!Array.isArray(item) || item[0] !== 'content-length-range') continue;
    range.minimum = Math.max(range.minimum, item[1]);
    range.maximum = Math.min(range.maximum, item[2]);
  }
  return range;
}

/** Throws EntityTooLarge, EntityTooSmall. */
export function checkSize(size: number, range: { minimum: number; maximum: number }): void {
  if (size > range.maximum) throw tooLarge(size, range.maximum);
  const details: ErrorDetails = { ProposedSize: size, MinSizeAllowed: range.minimum };
  if (size < range.minimum) throw s3Error('EntityTooSmall', details);
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Verifies a form's signature, which is that of its policy as sent, and returns policy and signer. Throws
 * AccessDenied for a form without either, SignatureDoesNotMatch, InvalidAccessKeyId, InvalidArgument.
 */
export function verifyForm(
  fields: ReadonlyMap<string, string>,
  options: { credentials: Credentials; region: string },
): { policy: string; accessKeyId: string } {
  const policy = fields.get('policy');
  const signature = fields.get('x-amz-signature');
  if (fields.has('awsaccesskeyid')) {
    const message = `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`;
    throw s3Error('InvalidRequest', {}, message);
  }
  if (policy === undefined && signature === undefined) throw s3Error('AccessDenied');
  if (policy === undefined) throw missingField('policy');
  if (signature === undefined) throw missingField('X-Amz-Signature');
  if (fields.get('x-amz-algorithm') !== ALGORITHM) {
    const details = { ArgumentName: 'x-amz-algorithm' };
    throw s3Error('InvalidArgument', details, `X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const { scope, accessKeyId } = checkCredential(fields, options);
  const signingKey = deriveSigningKey(options.credentials.secretAccessKey, scope);
  checkSignature(signText(signingKey, policy), signature);
  return { policy, accessKeyId };
}

function missingField(name: string): Error {
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
  return s3Error('InvalidArgument', { ArgumentName: name }, message);
}

function checkCredential(
  fields: ReadonlyMap<string, string>,
  options: { credentials: Credentials; region: string },
): { scope: CredentialScope; accessKeyId: string } {
  const credential = readCredential(fields.get('x-amz-credential') ?? '');
  if (!credential) throw missingField('X-Amz-Credential');
  checkAccessKey(credential.accessKeyId, options.credentials);
  if (fields.has('x-amz-security-token')) {
    throw awsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 403);
  }
  const { scope } = credential;
  const { amzDate } = readDate(fields.get('x-amz-date'));
  const fits = scope.region === options.region && scope.service === 's3';
  if (fits && amzDate.startsWith(scope.date)) return credential;
  const details = { ArgumentName: 'x-amz-credential' };
  throw s3Error('InvalidArgument', details, 'The credential scope is not that of this request.');
}
