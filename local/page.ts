import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
/** An asset's name holds its hash; all else may be another one after the next start. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const PACKS_WELL = /^(text\/|application\/json|image\/svg)/;

/** What the page is told about the stack it runs on, at `/config.json`. */
interface PageConfig {
  apiKey: string;
  awsEndpoint: string;
  model: { standIn: boolean; names: string[] };
  maxBytes: number;
}

/** Answers the request if it is for the page, and says whether it was. */
type Page = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** The built page's files, by the names that the folder holds at the start: no path is ever built from a request. */
export function createPage(folder: string, config: PageConfig): Page {
  const files = listFiles(folder);
  return async (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    const file = files.get(path);
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    if (!file && path !== '/config.json') return false;
    const plain = file ? await readFile(file) : Buffer.from(JSON.stringify(config));
    const type = TYPES[extname(file ?? path)] ?? 'application/octet-stream';
    const { body, headers } = await pack(plain, type, request);
    response.writeHead(200, {
      ...headers,
      'content-type': type,
      'content-length': body.length,
      'cache-control': path.startsWith('/assets/') ? FOR_EVER : 'no-store',
      ...secureHeaders(config.awsEndpoint),
    });
    response.end(body);
    return true;
  };
}

async function pack(plain: Buffer, type: string, { headers }: IncomingMessage) {
  const accepted = String(headers['accept-encoding'] ?? '');
  if (!PACKS_WELL.test(type) || !/\bgzip\b/.test(accepted)) return { body: plain, headers: {} };
  const body = await promisify(gzip)(plain);
  return { body, headers: { 'content-encoding': 'gzip', vary: 'accept-encoding' } };
}

function listFiles(folder: string): Map<string, string> {
  const names = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const files = new Map(
    names.map((file) => [file.slice(folder.length).replaceAll(sep, '/'), file]),
  );
  files.set('/', join(folder, 'index.html'));
  return files;
}

/** `storage`: the origins that files are sent to and pictures come from. infra/page.yml has the same. */
export function describePolicy(storage: string): string {
  return [
    "default-src 'self'",
    `img-src 'self' blob: ${storage}`,
    `media-src 'self' blob: ${storage}`,
    `connect-src 'self' ${storage}`,
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "object-src 'none'",
  ].join('; ');
}

function secureHeaders(awsEndpoint: string): Record<string, string> {
  return {
    'content-security-policy': describePolicy(awsEndpoint),
    // Another origin must not get at the key in config.json, not even as a script.
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}
