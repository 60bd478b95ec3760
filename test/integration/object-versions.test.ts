import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createUploads } from '../../lib/aws/uploads.ts';

// A bucket that keeps versions, as far as a deletion sees of it: the laptop's cloud keeps none.

interface Version {
  id: string;
  key: string;
  eTag?: string;
}

let versions: Version[];
let server: Server;
let s3: S3Client;

beforeEach(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    const key = pathname.split('/').slice(2).join('/');
    if (request.method === 'DELETE') {
      versions = versions.filter(({ id }) => id !== searchParams.get('versionId'));
      response.writeHead(204).end();
    } else if (request.method === 'HEAD') {
      const newest = versions.findLast((version) => version.key === key);
      const headers = { etag: newest?.eTag ?? '', 'x-amz-version-id': newest?.id ?? '' };
      response.writeHead(newest?.eTag ? 200 : 404, newest?.eTag ? headers : {}).end();
    } else {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(listVersions(searchParams.get('prefix') ?? ''));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const endpoint = `http://127.0.0.1:${port}`;
  s3 = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function listVersions(prefix: string): string {
  const entries = versions
    .filter(({ key }) => key.startsWith(prefix))
    .map(({ id, key, eTag }) => {
      const [element, tag] = eTag ? ['Version', `<ETag>${eTag}</ETag>`] : ['DeleteMarker', ''];
      return `<${element}><Key>${key}</Key><VersionId>${id}</VersionId>${tag}</${element}>`;
    });
  return `<ListVersionsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListVersionsResult>`;
}

test('given versions and hidden ones of an upload, then all of them go, and no other object', async () => {
  versions = [
    { id: '1', key: 'uploads/a', eTag: '"one"' },
    { id: '2', key: 'uploads/a' },
    { id: '3', key: 'uploads/ab', eTag: '"other"' },
    { id: '4', key: 'uploads/a', eTag: '"two"' },
  ];
  expect(await createUploads(s3, 'scans').remove('uploads/a')).toBe(true);
  expect(versions).toEqual([{ id: '3', key: 'uploads/ab', eTag: '"other"' }]);
});

test('given a dropped file, then only the versions go that were analysed', async () => {
  versions = [
    { id: '1', key: 'drop/a', eTag: '"analysed"' },
    { id: '2', key: 'drop/a', eTag: '"other"' },
    { id: '3', key: 'drop/a', eTag: '"analysed"' },
  ];
  expect(await createUploads(s3, 'scans').remove('drop/a', '"analysed"')).toBe(true);
  expect(versions.map(({ id }) => id)).toEqual(['2']);
});
