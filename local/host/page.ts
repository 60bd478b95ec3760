import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** What the page is told about the stack it runs on, at `/config.json`. */
export interface PageConfig {
  apiKey: string;
  awsEndpoint: string;
  model: { standIn: boolean; names: string[] };
  maxBytes: number;
}

/** Answers the request if it is for the page, and says whether it was. */
export type Page = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** The page's files, by the names that the folder holds at the start: no path is ever built from a request. */
export function createPage(folder: string, config: PageConfig): Page {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const files = new Map(names.map(({ name }) => [`/${name}`, join(folder, name)]));
  files.set('/', join(folder, 'index.html'));

  return async (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    const file = files.get(path);
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    if (!file && path !== '/config.json') return false;
    const body = file ? await readFile(file) : JSON.stringify(config);
    response.writeHead(200, {
      'content-type': TYPES[file ? extname(file) : '.json'] ?? 'application/octet-stream',
      'content-length': Buffer.byteLength(body),
      ...secureHeaders(config.awsEndpoint),
    });
    response.end(body);
    return true;
  };
}

function secureHeaders(awsEndpoint: string): Record<string, string> {
  const policy = [
    "default-src 'self'",
    "img-src 'self' blob: data:",
    `connect-src 'self' ${awsEndpoint}`,
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "object-src 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    // Another origin must not get at the key in config.json, not even as a script.
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  };
}
