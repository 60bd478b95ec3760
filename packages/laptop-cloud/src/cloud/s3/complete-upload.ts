import { createHash } from 'node:crypto';
import {
  CHECKSUM_ALGORITHMS,
  type Checksums,
  checksumElement,
  createChecksum,
  describeChecksums,
  readChecksums,
} from './checksums.ts';
import { readWriteConditions } from './conditions.ts';
import { requireUpload } from './multipart.ts';
import type { Part, StoredObject, Upload } from './records.ts';
import { collectText, originOf, type S3Reply, type S3Request, xmlReply } from './request.ts';
import { s3Error } from './s3-error.ts';
import { commitObject, type Storage } from './storage.ts';
import { buildXml, parseXml, readElements, readText } from './xml.ts';

const MIN_PART_BYTES = 5 * 1024 ** 2;

/** The parts' files become the object's: nothing is copied, however large it is. */
export async function completeMultipartUpload(
  storage: Storage,
  request: S3Request,
): Promise<S3Reply> {
  const tree = parseXml(await collectText(request.payload), 'CompleteMultipartUpload');
  const upload = requireUpload(storage, request);
  const parts = choosePartsAsListed(storage, upload, readElements(tree, 'Part'));
  checkSizes(parts, request);
  const checksums = await computeChecksums(storage, upload, parts);
  checkDeclared(request, checksums);
  const object = buildObject(storage, upload, parts, checksums);
  replaceUpload(storage, request, { upload, parts, object });
  return xmlReply(
    buildXml('CompleteMultipartUploadResult', {
      Location: `/${request.bucket}/${request.key}`,
      Bucket: request.bucket,
      Key: request.key,
      ETag: `"${object.etag}"`,
      ...describeChecksums(checksums),
    }),
  );
}

function replaceUpload(
  storage: Storage,
  request: S3Request,
  { upload, parts, object }: { upload: Upload; parts: Part[]; object: StoredObject },
): void {
  const allParts = storage.uploads.listParts(upload.id);
  commitObject(storage, object, {
    eventName: 'ObjectCreated:CompleteMultipartUpload',
    origin: originOf(request),
    conditions: readWriteConditions(request.headers),
    alongside: () => {
      requireUpload(storage, request); // another call may have been faster
      checkUnreplaced(storage, upload, parts);
      storage.uploads.remove(upload.id);
    },
  });
  const used = new Set(parts.map(({ file }) => file));
  storage.bodies.remove(allParts.filter(({ file }) => !used.has(file)));
}

function choosePartsAsListed(storage: Storage, upload: Upload, entries: unknown[]): Part[] {
  if (entries.length === 0) throw s3Error('MalformedXML');
  let before = 0;
  return entries.map((entry) => {
    const number = Number(readText(entry, 'PartNumber'));
    if (!Number.isInteger(number)) throw s3Error('MalformedXML');
    if (number <= before) throw s3Error('InvalidPartOrder');
    before = number;
    const part = storage.uploads.findPart(upload.id, number);
    if (part && matchesEntry(part, entry)) return part;
    throw s3Error('InvalidPart', { UploadId: upload.id, PartNumber: number });
  });
}

/** A part that was uploaded again meanwhile has another file; the chosen one is gone. */
function checkUnreplaced(storage: Storage, upload: Upload, parts: readonly Part[]): void {
  for (const { number, file } of parts) {
    if (storage.uploads.findPart(upload.id, number)?.file === file) continue;
    throw s3Error('InvalidPart', { UploadId: upload.id, PartNumber: number });
  }
}

function matchesEntry(part: Part, entry: unknown): boolean {
  const etag = readText(entry, 'ETag')?.replaceAll('"', '');
  const checksumsMatch = CHECKSUM_ALGORITHMS.every((algorithm) => {
    const declared = readText(entry, checksumElement(algorithm));
    return declared === undefined || declared === part.checksums[algorithm];
  });
  return etag === part.etag && checksumsMatch;
}

function checkSizes(parts: readonly Part[], request: S3Request): void {
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (small) {
    throw s3Error('EntityTooSmall', {
      ProposedSize: small.size,
      MinSizeAllowed: MIN_PART_BYTES,
      PartNumber: small.number,
      ETag: small.etag,
    });
  }
  const declared = request.headers.get('x-amz-mp-object-size');
  if (declared === undefined || Number(declared) === totalSize(parts)) return;
  const message = 'The provided x-amz-mp-object-size does not match the size of the parts.';
  throw s3Error('InvalidRequest', {}, message);
}

function totalSize(parts: readonly Part[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

async function computeChecksums(
  storage: Storage,
  upload: Upload,
  parts: readonly Part[],
): Promise<Checksums> {
  const { algorithm, checksumType } = upload.detail;
  if (!algorithm) return {};
  const checksum = createChecksum(algorithm);
  if (checksumType === 'FULL_OBJECT') {
    for await (const bytes of storage.bodies.read(parts, 0, totalSize(parts) - 1)) {
      checksum.update(bytes);
    }
    return { [algorithm]: checksum.digest().toString('base64') };
  }
  for (const part of parts) {
    const value = part.checksums[algorithm];
    if (value === undefined) {
      const message = `The upload was created using the ${algorithm} checksum mode. All parts must be uploaded with one.`;
      throw s3Error('InvalidRequest', {}, message);
    }
    checksum.update(Buffer.from(value, 'base64'));
  }
  return { [algorithm]: `${checksum.digest().toString('base64')}-${parts.length}` };
}

/** Checks the object's checksum in the headers; a composite one may come without its `-N`. */
function checkDeclared(request: S3Request, computed: Checksums): void {
  const withoutCount = new Map(
    [...request.headers].map(([name, value]) => [name, value.replace(/-\d+$/, '')]),
  );
  const declared = readChecksums(withoutCount);
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = declared[algorithm];
    const actual = computed[algorithm]?.replace(/-\d+$/, '');
    if (value !== undefined && actual !== undefined && value !== actual) throw s3Error('BadDigest');
  }
}

function buildObject(
  storage: Storage,
  upload: Upload,
  parts: readonly Part[],
  checksums: Checksums,
): StoredObject {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'));
  return {
    bucket: upload.bucket,
    key: upload.key,
    size: totalSize(parts),
    etag: `${md5.digest('hex')}-${parts.length}`,
    modified: storage.now(),
    segments: parts.map(({ file, size }) => ({ file, size })),
    detail: { ...upload.detail.object, checksums, checksumType: upload.detail.checksumType },
  };
}
