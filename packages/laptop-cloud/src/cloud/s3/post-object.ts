import type { IncomingMessage } from 'node:http';
import { encodeUriComponent } from '../uri-encoding.ts';
import { formatChecksums, readAlgorithm, readChecksums } from './checksums.ts';
import { commitObject, type Origin, type Storage } from './commit.ts';
import type { S3Reply } from './exchange.ts';
import { checkKnownHeaders } from './known-headers.ts';
import { readDetail } from './object-headers.ts';
import type { ObjectDetail, StoredObject } from './objects.ts';
import { MAX_PUT_BYTES } from './payload.ts';
import { checkKey } from './place.ts';
import { readPostForm } from './post-form.ts';
import { checkPolicy, checkSize, parsePolicy, readSizeRange } from './post-policy.ts';
import { replyToPost } from './post-reply.ts';
import { verifyForm } from './post-signature.ts';
import { buildObject, receiveBody } from './put-object.ts';
import { s3Error } from './s3-error.ts';
import { parseTagXml } from './tags.ts';
import { type VerifiedSource, verifySource } from './verified-source.ts';

export interface PostTarget {
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
