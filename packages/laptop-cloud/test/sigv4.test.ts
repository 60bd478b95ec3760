import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { WireRequest } from '../src/cloud/canonical-request.ts';
import { createChunkSigner } from '../src/cloud/s3/chunked.ts';
import { verifyRequest } from '../src/cloud/sigv4.ts';

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and its
// neighbours: requests with the signatures that AWS itself gives for them.
const EXAMPLE = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  service: 's3',
  doubleEncode: false,
  now: () => Date.parse('2013-05-24T00:00:00Z'),
};
const HOST = 'examplebucket.s3.amazonaws.com';
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const CREDENTIAL = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';

function buildRequest(
  [method, target]: [string, string],
  headers: Record<string, string>,
  signature: string,
): WireRequest {
  const all = { host: HOST, 'x-amz-date': '20130524T000000Z', ...headers };
  const signed = Object.keys(all).sort().join(';');
  const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL},SignedHeaders=${signed},Signature=${signature}`;
  return { method, target, headers: new Map(Object.entries({ ...all, authorization })) };
}

const CHUNKED = buildRequest(
  ['PUT', '/examplebucket/chunkObject.txt'],
  {
    host: 's3.amazonaws.com',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'content-encoding': 'aws-chunked',
    'content-length': '66824',
  },
  '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
);

const EXAMPLES: [string, WireRequest][] = [
  [
    'a GET with a range',
    buildRequest(
      ['GET', '/test.txt'],
      { range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY_HASH },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  ],
  [
    'a PUT whose key has a $',
    buildRequest(
      ['PUT', '/test$file.text'],
      {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ),
  ],
  [
    'a parameter without a value',
    buildRequest(
      ['GET', '/?lifecycle'],
      { 'x-amz-content-sha256': EMPTY_HASH },
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ),
  ],
  [
    'a list',
    buildRequest(
      ['GET', '/?max-keys=2&prefix=J'],
      { 'x-amz-content-sha256': EMPTY_HASH },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ),
  ],
  [
    'a presigned GET',
    {
      method: 'GET',
      target: `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(CREDENTIAL)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
      headers: new Map([['host', HOST]]),
    },
  ],
  ['a chunked PUT', CHUNKED],
];

describe('given the examples of AWS’ own documentation', () => {
  test.each(EXAMPLES)('when %s is verified, it passes', (_, request) => {
    expect(verifyRequest(request, EXAMPLE)).toMatchObject({ signature: expect.any(String) });
  });

  test.each(EXAMPLES)('when %s is changed anywhere, it does not', (_, request) => {
    const changes: WireRequest[] = [
      { ...request, method: request.method === 'GET' ? 'HEAD' : 'POST' },
      { ...request, target: request.target.replace(/^\/[^?]*/, '/other') },
      { ...request, headers: new Map(request.headers).set('host', 'other.s3.amazonaws.com') },
    ];
    for (const change of changes) {
      expect(() => verifyRequest(change, EXAMPLE)).toThrow(/does not match/);
    }
  });

  test('when its chunks are signed, each signature follows from the one before', () => {
    const signer = createChunkSigner(verifyRequest(CHUNKED, EXAMPLE));
    const hash = (size: number) => createHash('sha256').update('a'.repeat(size)).digest('hex');
    expect([65_536, 1_024, 0].map((size) => signer.signChunk(hash(size)))).toEqual([
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ]);
  });
});

describe('given a malformed claim', () => {
  const headers = (authorization: string) =>
    new Map([
      ['host', HOST],
      ['x-amz-date', '20130524T000000Z'],
      ['x-amz-content-sha256', EMPTY_HASH],
      ['authorization', authorization],
    ]);
  test.each([
    ['Bearer abc', 'InvalidRequest'],
    ['AWS4-HMAC-SHA256 Credential=a/b/c', 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA256 ', 'AuthorizationHeaderMalformed'],
    [`AWS4-HMAC-SHA256 Credential=${CREDENTIAL},SignedHeaders=host,Signature=ab`, 'AccessDenied'],
    [
      `AWS4-HMAC-SHA256 Credential=${CREDENTIAL.replace('/s3/', '/sqs/')},SignedHeaders=host,Signature=ab`,
      'AuthorizationHeaderMalformed',
    ],
    [
      `AWS4-HMAC-SHA256 Credential=${CREDENTIAL.replace('20130524', '20130523')},SignedHeaders=host,Signature=ab`,
      'AuthorizationHeaderMalformed',
    ],
  ])('when it is %j, the refusal is %s', (authorization, code) => {
    const request = { method: 'GET', target: '/', headers: headers(authorization) };
    expect(() => verifyRequest(request, EXAMPLE)).toThrow(expect.objectContaining({ code }));
  });
});
