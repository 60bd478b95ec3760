import { createHash, createHmac } from 'node:crypto';

export interface ToSign {
  method: string;
  /** With its query. */
  path: string;
  body?: string | Uint8Array;
  keyId: string;
  secret: string;
  /** Epoch seconds. */
  created?: number;
  nonce?: string;
  /** In place of those that a request needs. */
  components?: string[];
}

/** The headers of a signed request, as a client writes them that has read RFC 9421 and nothing of ours. */
export function sign(request: ToSign): Record<string, string> {
  const { method, path, body, keyId, secret, created = Math.floor(Date.now() / 1000) } = request;
  const [pathname = '', query] = path.split('?');
  const digest = `sha-256=:${createHash('sha256')
    .update(body ?? '')
    .digest('base64')}:`;
  const values: Record<string, string> = {
    '@method': method,
    '@path': pathname,
    '@query': `?${query ?? ''}`,
    'content-digest': digest,
  };
  const usual = [
    '@method',
    '@path',
    ...(query ? ['@query'] : []),
    ...(body ? ['content-digest'] : []),
  ];
  const components = request.components ?? usual;
  const nonce = request.nonce ? `;nonce="${request.nonce}"` : '';
  const quoted = components.map((name) => `"${name}"`);
  const input = `(${quoted.join(' ')});created=${created};keyid="${keyId}";alg="hmac-sha256"${nonce}`;
  const lines = components.map((name) => `"${name}": ${values[name]}`);
  const base = [...lines, `"@signature-params": ${input}`].join('\n');
  const signature = createHmac('sha256', secret).update(base).digest('base64');
  return {
    'signature-input': `sig1=${input}`,
    signature: `sig1=:${signature}:`,
    ...(body ? { 'content-digest': digest } : {}),
  };
}
