import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAwsJson } from './aws-json.ts';
import { buildXml } from './s3/xml.ts';

/** The names that the JSON protocols have for what S3 calls otherwise. */
const JSON_CODES = new Map([
  ['SignatureDoesNotMatch', 'InvalidSignatureException'],
  ['RequestTimeTooSkewed', 'InvalidSignatureException'],
  ['InvalidAccessKeyId', 'UnrecognizedClientException'],
  ['InvalidToken', 'UnrecognizedClientException'],
  ['AccessDenied', 'MissingAuthenticationTokenException'],
  ['AuthorizationHeaderMalformed', 'IncompleteSignatureException'],
  ['UnknownService', 'UnknownOperationException'],
]);
const QUERY_CODES = new Map([['InvalidAccessKeyId', 'InvalidClientTokenId']]);

export interface Refusal {
  code: string;
  status: number;
  message?: string;
}

/** Refuses a request before any service sees it, in the shape of the protocol that it speaks. */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  const message = refusal.message ?? refusal.code;
  const type = request.headers['content-type'] ?? '';
  if (request.headers['x-amz-target'] !== undefined || type.includes('amz-json')) {
    const code = JSON_CODES.get(refusal.code) ?? refusal.code;
    const version = type.includes('1.1') ? '1.1' : '1.0';
    const status = refusal.status >= 500 ? refusal.status : 400;
    sendAwsJson(response, version, status, { __type: code, message });
    return;
  }
  const Code = QUERY_CODES.get(refusal.code) ?? refusal.code;
  const tree = { Error: { Type: 'Sender', Code, Message: message }, RequestId: randomUUID() };
  response.statusCode = refusal.status;
  response.setHeader('content-type', 'text/xml');
  response.end(buildXml('ErrorResponse', tree, null));
}
