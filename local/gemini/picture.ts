import sharp from 'sharp';
import { findHeicSize } from './heic.ts';
import { type Measurement, measurePicture } from './measure.ts';
import { createBadRequest, refuse } from './refusal.ts';
import type { GenerateRequest } from './request-schema.ts';

/** What is known of a picture: all of it, or only the size of one that sharp cannot decode. */
export type Picture =
  | (Measurement & { decoded: true })
  | { decoded: false; width: number; height: number };

/** Google's list of picture types, and sharp's name of each that it can decode. */
const DECODERS: Readonly<Record<string, string | undefined>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
};
const HEIC_TYPES = ['image/heic', 'image/heif'];

/** Measures the pictures of a request, in order; throws a refusal (400, 403) as Google would. */
export async function measurePictures({ contents }: GenerateRequest): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const [index, { parts }] of contents.entries()) {
    for (const [position, { inlineData, fileData }] of parts.entries()) {
      if (fileData !== undefined) {
        throw refuse(403, 'You do not have permission to access the File or it may not exist.');
      }
      if (inlineData === undefined) continue;
      const field = `contents[${index}].parts[${position}].inline_data.data`;
      pictures.push(await measure(decodeBase64(inlineData.data, field), inlineData.mimeType));
    }
  }
  return pictures;
}

/** Both alphabets, padded or not: what protocol buffers take for bytes. Node would skip what is neither. */
function decodeBase64(text: string, field: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    const description = `Invalid value at '${field}' (TYPE_BYTES), Base64 decoding failed`;
    throw refuse(400, description, [createBadRequest([{ field, description }])]);
  }
  return Buffer.from(text, 'base64');
}

async function measure(bytes: Buffer, mimeType: string): Promise<Picture> {
  if (HEIC_TYPES.includes(mimeType)) {
    const size = findHeicSize(bytes);
    if (size === undefined) throw refuseImage();
    return { decoded: false, ...size };
  }
  const decoder = DECODERS[mimeType];
  if (decoder === undefined) throw refuse(400, `Unsupported MIME type: ${mimeType}`);
  try {
    const { format } = await sharp(bytes).metadata();
    if (format !== decoder) throw refuseImage();
    return { decoded: true, ...(await measurePicture(bytes)) };
  } catch {
    throw refuseImage();
  }
}

function refuseImage(): Error {
  return refuse(400, 'Unable to process input image. Please retry or report in the API docs.');
}
