import { open } from 'node:fs/promises';
import type { FileStore } from './files/store.ts';
import { createBadRequest, refuse, refuseFile } from './refusal.ts';
import type { GenerateRequest, Part } from './request-schema.ts';

/** What a part shows the model, by ranges: a stored file may be larger than memory. */
export interface Media {
  mimeType: string;
  bytes: number;
  /** How closely it is looked at: a `mediaResolution`. */
  level: string | undefined;
  /** The part of it that counts. */
  clip: Clip | undefined;
  /** From `start` to before `end`. */
  read(start: number, end: number): Promise<Buffer>;
}

type FoundMedia = Omit<Media, 'level' | 'clip'>;

/** Seconds from the start, and pictures a second. */
export interface Clip {
  start?: number | undefined;
  end?: number | undefined;
  fps?: number | undefined;
}

/** The media of a request, in order; throws a refusal (400, 403) as Google would. */
export function findMedia(request: GenerateRequest, files: FileStore): Media[] {
  const general = request.generationConfig?.mediaResolution;
  return request.contents.flatMap(({ parts }, index) =>
    parts.flatMap((part, position) => {
      const field = `contents[${index}].parts[${position}].inline_data.data`;
      const media = describeStored(part, files) ?? describeInline(part, field);
      return media
        ? { ...media, level: part.mediaResolution?.level ?? general, clip: readClip(part) }
        : [];
    }),
  );
}

function readClip({ videoMetadata }: Part): Clip | undefined {
  if (videoMetadata === undefined) return undefined;
  const { startOffset, endOffset, fps } = videoMetadata;
  const seconds = (offset?: string) =>
    offset === undefined ? undefined : Number.parseFloat(offset);
  return { start: seconds(startOffset), end: seconds(endOffset), fps };
}

function describeInline({ inlineData }: Part, field: string): FoundMedia | undefined {
  if (inlineData === undefined) return undefined;
  const bytes = decodeBase64(inlineData.data, field);
  const read = async (start: number, end: number) => bytes.subarray(start, end);
  return { mimeType: inlineData.mimeType, bytes: bytes.length, read };
}

function describeStored({ fileData }: Part, files: FileStore): FoundMedia | undefined {
  if (fileData === undefined) return undefined;
  const [, name = ''] = /\/v1beta\/(files\/[^/]+)$/.exec(fileData.fileUri) ?? [];
  const row = files.find(name);
  if (!row) throw refuseFile();
  if (files.stateOf(row) !== 'ACTIVE')
    throw refuse(400, `The File ${row.name} is not in an ACTIVE state and usage is not allowed.`);
  const path = files.pathOf(row);
  const mimeType = fileData.mimeType ?? row.mimeType;
  return { mimeType, bytes: row.bytes, read: (start, end) => readRange(path, start, end) };
}

async function readRange(path: string, start: number, end: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const length = Math.max(0, end - start);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Both alphabets, padded or not: what protocol buffers take for bytes. Node would skip what is neither. */
function decodeBase64(text: string, field: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    const description = `Invalid value at '${field}' (TYPE_BYTES), Base64 decoding failed`;
    throw refuse(400, description, [createBadRequest([{ field, description }])]);
  }
  return Buffer.from(text, 'base64');
}
