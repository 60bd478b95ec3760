import { type CredentialScope, deriveSigningKey, signText } from '../canonical-request.ts';
import { awsError } from '../service.ts';
import { readCredential, readDate } from '../signature-claim.ts';
import { type Credentials, checkAccessKey, checkSignature } from '../sigv4.ts';
import { s3Error } from './s3-error.ts';

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
