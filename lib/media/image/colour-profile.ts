const TAG_TABLE = 128;
const TAG_ENTRY_BYTES = 12;
const MAX_TAGS = 64;

/** The colours that an ICC profile is for, as it names them: `RGB `, `CMYK`, `GRAY` … */
export function profileSpace(profile: Uint8Array): string {
  return Buffer.from(profile.subarray(16, 20)).toString('latin1');
}

/**
 * Is this ICC profile plain sRGB by its own name? Then converting to sRGB changes nothing and costs
 * half of all the work on the picture. A profile that lies about it gets odd colours, no more.
 */
export function isPlainSrgb(profile: Uint8Array): boolean {
  const data = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
  return profileSpace(profile) === 'RGB ' && /^sRGB\b/.test(readDescription(data));
}

/** The data of each tag by its name, of the first where there are several (ICC.1:2022, 7.3). */
export function listTags(data: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  for (let index = 0; index < MAX_TAGS; index += 1) {
    const at = TAG_TABLE + 4 + index * TAG_ENTRY_BYTES;
    if (at + TAG_ENTRY_BYTES > data.length) break;
    const [name, start] = [data.toString('latin1', at, at + 4), data.readUInt32BE(at + 4)];
    const tag = data.subarray(start, start + data.readUInt32BE(at + 8));
    if (!tags.has(name)) tags.set(name, tag);
  }
  return tags;
}

/** The `desc` tag's text: ASCII in version 2, UTF-16 in version 4 (ICC.1:2022, 9.2.41, 10.15). */
function readDescription(data: Buffer): string {
  const tag = listTags(data).get('desc');
  return tag ? readText(tag) : '';
}

function readText(tag: Buffer): string {
  const isUnicode = tag.toString('latin1', 0, 4) === 'mluc';
  const lengthAt = isUnicode ? 20 : 8;
  if (lengthAt + 4 > tag.length) return '';
  const start = isUnicode ? 28 : 12;
  const text = tag.toString('latin1', start, start + tag.readUInt32BE(lengthAt));
  return text.replaceAll('\0', '').trim();
}
