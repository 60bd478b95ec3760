import { collectText } from './collect-text.ts';
import type { Storage } from './commit.ts';
import { type S3Reply, type S3Request, xmlReply } from './exchange.ts';
import { requireObject } from './get-object.ts';
import type { Tag } from './objects.ts';
import { parseTagXml } from './tags.ts';
import { buildXml } from './xml.ts';

export async function putTagging(storage: Storage, request: S3Request): Promise<S3Reply> {
  const tags = parseTagXml(await collectText(request.payload));
  return writeTags(storage, request, tags, 200);
}

export function deleteTagging(storage: Storage, request: S3Request): S3Reply {
  return writeTags(storage, request, [], 204);
}

export function getTagging(storage: Storage, request: S3Request): S3Reply {
  const { tags } = requireObject(storage, request).detail;
  const Tag = tags.map(({ key, value }) => ({ Key: key, Value: value }));
  return xmlReply(buildXml('Tagging', { TagSet: { Tag } }));
}

function writeTags(storage: Storage, request: S3Request, tags: Tag[], status: number): S3Reply {
  const object = requireObject(storage, request);
  storage.objects.put({ ...object, detail: { ...object.detail, tags } });
  return { status };
}
