import { createHmac, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ServiceError } from '../errors.ts';

interface Block {
  network: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

/** A CIDR block, or one address; undefined for what is neither. An IPv4-mapped IPv6 address must be written as IPv4. */
export function parseBlock(text: string): Block | undefined {
  const [network = '', length, more] = text.split('/');
  const family = isIP(network) === 4 ? 'ipv4' : 'ipv6';
  const max = family === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? max : Number(length);
  const isPrefix = length === undefined || (/^\d{1,3}$/.test(length) && prefix <= max);
  const isUsable = isIP(network) > 0 && !network.includes('%') && !/^::ffff:/i.test(network);
  return more === undefined && isPrefix && isUsable ? { network, prefix, family } : undefined;
}

/**
 * Whether one of the CIDR blocks holds the address. What cannot be read, block or address, holds and
 * is held by nothing. An IPv6 block holds no IPv4 address, also not `::/0`.
 */
export function isListed(blocks: readonly string[], address: string): boolean {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, ''); // IPv4 through an IPv6 socket
  if (isIP(plain) === 0) return false;
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  for (const block of blocks.map(parseBlock))
    if (block?.family === family) list.addSubnet(block.network, block.prefix, family);
  return list.check(plain, family);
}

/** The address in a header such as `CloudFront-Viewer-Address`, with or without a port behind it. */
function readViewerAddress(header: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(header) ?? [];
  if (bracketed !== undefined) return bracketed;
  // CloudFront writes no brackets: the last part of an IPv6 address is a port there, always.
  const withoutPort = header.replace(/:\d+$/, '');
  return isIP(withoutPort) > 0 ? withoutPort : header;
}

/** A request as the gateway hands it over: the signature check needs the body as it was sent. */
export type AuthEvent = Pick<
  APIGatewayProxyEventV2,
  'headers' | 'requestContext' | 'rawPath' | 'rawQueryString' | 'isBase64Encoded'
> & { body?: unknown };

/** The header with the secret that the edge adds to every request. */
const SECRET_HEADER = 'x-edge-secret';

/** Derived from the stage secret; the CDN adds it to every request that it forwards. */
export function deriveEdgeSecret(stageSecret: string): string {
  return `es_${createHmac('sha256', stageSecret).update('edge').digest('base64url')}`;
}

/**
 * The address of the caller behind the edge. The header is trusted only with the edge's secret: anybody who calls
 * the API directly could forge it.
 * @throws ServiceError `forbidden` to a request that bypasses the edge
 */
export async function readEdgeAddress(
  { headers }: AuthEvent,
  addressHeader: string,
  readSecret: () => Promise<string>,
): Promise<string> {
  const expected = deriveEdgeSecret(await readSecret());
  if (!isEqual(headers[SECRET_HEADER] ?? '', expected))
    throw new ServiceError(
      'forbidden',
      'Requests must go through the CDN: call the service by its public address.',
    );
  return readViewerAddress(headers[addressHeader] ?? '');
}

/** Compares in constant time, the length apart. */
function isEqual(sent: string, expected: string): boolean {
  const [one, other] = [Buffer.from(sent), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
