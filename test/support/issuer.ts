import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from 'laptop-cloud/listen';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An OpenID issuer with one key, on this machine. */
export async function startIssuer() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const isKeys = request.url === '/keys';
    const body = isKeys ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/keys` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  const { url, close } = await listen(server, 0);
  return {
    url,
    publicKey,
    /** The paths that were asked for. */
    asked,
    /** A JWT with these claims, over those of a good one; undefined leaves one out. */
    mint(claims: object, header: object = {}, key: KeyObject = privateKey): string {
      const seconds = Math.floor(Date.now() / 1000);
      const usual = { iss: url, aud: 'sightline', iat: seconds, exp: seconds + 300 };
      const head = encode({ alg: 'ES256', kid: 'one', typ: 'JWT', ...header });
      const signed = `${head}.${encode({ ...usual, ...claims })}`;
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    close,
  };
}
