import { BlockList, isIP, isIPv4 } from 'node:net';

interface Block {
  network: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

/** A CIDR block, or one address; undefined for what is neither. IPv4 in IPv6's clothes has to be written as IPv4. */
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
export function readViewerAddress(header: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(header) ?? [];
  if (bracketed !== undefined) return bracketed;
  // CloudFront writes no brackets: the last part of an IPv6 address is a port there, always.
  const withoutPort = header.replace(/:\d+$/, '');
  return isIP(withoutPort) > 0 ? withoutPort : header;
}
