const TAG_TABLE = 128;
const TAG_ENTRY_BYTES = 12;
/** A table of more, or of two tags of one name, is none to the usual colour management (lcms). */
const MAX_TAGS = 100;

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

/**
 * The data of each tag by its name (ICC.1:2022, 7.3). What lcms passes over is passed over, or it would be found
 * here alone: tags that reach beyond the profile, and a table that makes no sense.
 */
export function listTags(profile: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  if (profile.length < TAG_TABLE + 4) return tags;
  const data = profile.subarray(0, profile.readUInt32BE(0));
  const count = profile.readUInt32BE(TAG_TABLE);
  const tableEnd = TAG_TABLE + 4 + count * TAG_ENTRY_BYTES;
  if (count > MAX_TAGS || tableEnd > profile.length) return tags;
  for (let at = TAG_TABLE + 4; at < tableEnd; at += TAG_ENTRY_BYTES) {
    const [name, start] = [profile.toString('latin1', at, at + 4), profile.readUInt32BE(at + 4)];
    const end = start + profile.readUInt32BE(at + 8);
    if (start === 0 || end === start || end > data.length) continue;
    if (tags.has(name)) return new Map();
    tags.set(name, data.subarray(start, end));
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
