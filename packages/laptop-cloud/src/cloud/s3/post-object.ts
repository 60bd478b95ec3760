import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { encodeUriComponent } from '../canonical-request.ts';
import { formatChecksums, readAlgorithm, readChecksums } from './checksums.ts';
import { parseTagXml, readDetail } from './object-detail.ts';
import { MAX_PUT_BYTES, type VerifiedSource, verifySource } from './payload.ts';
import { checkPolicy, checkSize, parsePolicy, readSizeRange, verifyForm } from './post-policy.ts';
import { buildObject, receiveBody } from './put-object.ts';
import type { ObjectDetail, StoredObject } from './records.ts';
import { checkKey, checkKnownHeaders, type S3Reply } from './request.ts';
import { s3Error } from './s3-error.ts';
import { commitObject, type Origin, type Storage } from './storage.ts';
import { buildXml } from './xml.ts';

interface PostTarget {
  bucket: string;
  origin: Origin;
  /** `http://host`, for the Location of the answer. */
  endpoint: string;
  /** Told whose key signed the form and where its file goes, once the signature is verified. */
  onSigned(accessKeyId: string, key: string): void;
}

/** An upload by a browser's form with a signed policy: what the policy does not allow leaves no trace. */
export async function postObject(
  storage: Storage,
  request: IncomingMessage,
  target: PostTarget,
): Promise<S3Reply> {
  storage.buckets.require(target.bucket);
  const form = await readPostForm(request);
  const { fields } = form;
  const key = expandKey(fields.get('key'), form.filename);
  fields.set('key', key);
  const signed = verifyForm(fields, storage);
  target.onSigned(signed.accessKeyId, key);
  const policy = parsePolicy(signed.policy);
  checkPolicy(policy, fields, { bucket: target.bucket, now: storage.now() });
  const range = readSizeRange(policy);
  const detail = readFormDetail(fields, storage.accountId);
  const payload = openFile(form.file, fields, Math.min(range.maximum, MAX_PUT_BYTES));
  const place = { bucket: target.bucket, key: checkKey(key) };
  return receiveBody(storage, payload, (body, checksums) => {
    checkSize(body.size, range);
    const object = buildObject(storage, place, body, { ...detail, checksums });
    const { origin } = target;
    commitObject(storage, object, { eventName: 'ObjectCreated:Post', origin });
    return replyToForm(object, fields, target);
  });
}

/** As S3, the variable is filled in before the policy is looked at, so no name gets around it. */
function expandKey(key: string | undefined, filename: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's variable, not ours
  if (key) return key.replaceAll('${filename}', () => filename);
  const message =
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
  throw s3Error('InvalidArgument', { ArgumentName: 'key' }, message);
}

const SIGNATURE_FIELDS = /^x-amz-(algorithm|credential|date|signature)$/;

function readFormDetail(fields: ReadonlyMap<string, string>, accountId: string): ObjectDetail {
  const others = new Map([...fields].filter(([name]) => !SIGNATURE_FIELDS.test(name)));
  const acl = fields.get('acl');
  if (acl !== undefined) others.set('x-amz-acl', acl);
  checkKnownHeaders(others, accountId);
  const detail = readDetail(others, {});
  const tagging = fields.get('tagging');
  return tagging === undefined ? detail : { ...detail, tags: parseTagXml(tagging) };
}

function openFile(
  file: AsyncIterable<Buffer>,
  fields: ReadonlyMap<string, string>,
  maxLength: number,
): VerifiedSource {
  const declared = readChecksums(fields);
  const algorithms = Object.keys(declared).flatMap((name) => readAlgorithm(name) ?? []);
  const md5 = fields.get('content-md5');
  return verifySource(file, { declared: () => declared, algorithms, md5, maxLength });
}

function replyToForm(
  object: StoredObject,
  fields: ReadonlyMap<string, string>,
  { endpoint }: PostTarget,
): S3Reply {
  const path = object.key.split('/').map(encodeUriComponent).join('/');
  return replyToPost({
    bucket: object.bucket,
    key: object.key,
    etag: object.etag,
    location: `${endpoint}/${object.bucket}/${path}`,
    headers: formatChecksums(object.detail.checksums),
    redirect: fields.get('success_action_redirect') ?? fields.get('redirect'),
    status: fields.get('success_action_status'),
  });
}

interface PostResult {
  bucket: string;
  key: string;
  etag: string;
  location: string;
  headers: Record<string, string>;
  /** The form's `success_action_redirect` and `success_action_status`. */
  redirect: string | undefined;
  status: string | undefined;
}

/** The answer that the form asked for; 204 where it asked for none, or for one that S3 does not know. */
function replyToPost(result: PostResult): S3Reply {
  const etag = `"${result.etag}"`;
  const headers = { ...result.headers, etag, location: result.location };
  const redirect = buildRedirect(result, etag);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } };
  if (result.status === '200') return { status: 200, headers };
  if (result.status !== '201') return { status: 204, headers };
  const { location: Location, bucket: Bucket, key: Key } = result;
  return {
    status: 201,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: buildXml('PostResponse', { Location, Bucket, Key, ETag: etag }, null),
  };
}

function buildRedirect(result: PostResult, etag: string): string | undefined {
  if (result.redirect === undefined || !URL.canParse(result.redirect)) return undefined;
  const url = new URL(result.redirect);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.searchParams.set('bucket', result.bucket);
  url.searchParams.set('key', result.key);
  url.searchParams.set('etag', etag);
  return url.href;
}

/** S3's bound for all that comes before the file. */
const MAX_FIELDS_BYTES = 20_480;
const MAX_FIELDS = 100;

/** The fields before the file, by name in lower case, and the file, still to be read. */
interface PostForm {
  fields: Map<string, string>;
  filename: string;
  file: AsyncIterable<Buffer>;
}

/** Reads a form up to its file; what comes after that is ignored, as S3 does. */
function readPostForm(request: IncomingMessage): Promise<PostForm> {
  return new Promise((resolve, reject) => {
    const parser = createParser(request);
    const collector = createCollector(resolve);
    let open: Readable | undefined;
    const attempt = (work: () => void): void => {
      try {
        if (!collector.done()) work();
      } catch (error) {
        reject(error);
      }
    };
    const refuse = () => reject(s3Error('MalformedPOSTRequest'));
    parser.on('field', (name: string | undefined, value, _, isTruncated) => {
      attempt(() => collector.addField(name ?? '', value, isTruncated));
    });
    parser.on('file', (name: string | undefined, file, filename: string | undefined) => {
      file.on('error', (error) => file.destroy(error)); // before the first read, too, which then throws it
      if (collector.done()) file.resume();
      else open = file;
      attempt(() => collector.addFile(name ?? '', file, filename ?? ''));
    });
    parser.on('finish', () => reject(s3Error('IncorrectNumberOfFilesInPostRequest')));
    parser.on('error', refuse);
    request.once('close', () => {
      if (request.complete) return;
      open?.destroy(new Error('The request was cut off.'));
      refuse();
    });
    request.pipe(parser); // pipeline() would destroy the request on an error, and the client never see the answer
  });
}

interface Collector {
  done(): boolean;
  /** Throws MaxPostPreDataLengthExceeded, InvalidArgument. */
  addField(name: string, value: string, truncated: boolean): void;
  addFile(name: string, file: Readable, filename: string): void;
}

function createCollector(give: (form: PostForm) => void): Collector {
  const fields = new Map<string, string>();
  let size = 0;
  let done = false;
  const addFile: Collector['addFile'] = (name, file, filename) => {
    if (name.toLowerCase() !== 'file') throw s3Error('IncorrectNumberOfFilesInPostRequest');
    done = true;
    give({ fields, filename, file: readFile(file) });
  };
  const addField: Collector['addField'] = (name, value, truncated) => {
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (truncated || size > MAX_FIELDS_BYTES) {
      const details = { MaxPostPreDataLengthBytes: MAX_FIELDS_BYTES };
      throw s3Error('MaxPostPreDataLengthExceeded', details);
    }
    if (fields.has(name.toLowerCase())) {
      // One of the two might be checked and the other used.
      throw s3Error('InvalidArgument', { ArgumentName: name }, `Duplicate field ${name}`);
    }
    fields.set(name.toLowerCase(), value);
  };
  return { done: () => done, addField, addFile };
}

/** A form that ends within its file is the sender's fault. */
async function* readFile(file: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of file) if (Buffer.isBuffer(bytes)) yield bytes;
  } catch (cause) {
    throw Object.assign(s3Error('MalformedPOSTRequest'), { cause });
  }
}

function createParser({ headers }: IncomingMessage): InstanceType<typeof Busboy> {
  const { 'content-type': type = '', ...others } = headers;
  try {
    return new Busboy({
      headers: { 'content-type': type, ...others } satisfies BusboyHeaders,
      limits: { fields: MAX_FIELDS, fieldSize: MAX_FIELDS_BYTES },
      // A file needs no name, and its bytes are no text.
      isPartAFile: (name, _, filename) => filename !== undefined || name?.toLowerCase() === 'file',
    });
  } catch {
    throw s3Error('MalformedPOSTRequest'); // no boundary, for one
  }
}
