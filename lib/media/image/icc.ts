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
function listTags(profile: Buffer): Map<string, Buffer> {
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

/** Entries of a curve; real ones have up to 4,096. */
const MAX_CURVE_ENTRIES = 4_096;
/** Numbers of each kind of parametric curve (ICC.1:2022, table 68). */
const PARAMETERS = [1, 3, 4, 5, 7];
const LEVELS = 256;
/** Light that a curve may answer beyond 0–1 by rounding. */
const TOLERANCE = 0.001;
const FIXED_ONE = 65_536;
const MAX_VERSION = 0x05000000;
/** Profiles of scanners, screens, printers and colour spaces: the others go from one profile to another. */
const CLASSES = ['scnr', 'mntr', 'prtr', 'spac'];

type Three<T> = readonly [T, T, T];

/** Colours of three lights, as phones, cameras and screens have them. */
export interface MatrixProfile {
  /** Linear light (0–1) by level (0–255), for each channel. */
  curves: Three<Float64Array>;
  /** The XYZ (of the white D50) of each channel's full light. */
  lights: Three<Three<number>>;
}

/**
 * Undefined where the profile is of another kind, says anything odd, or has tables of colours, which count more
 * (ICC.1:2022, 8.3 and F.3).
 */
export function readMatrixProfile(profile: Uint8Array): MatrixProfile | undefined {
  const data = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
  const tags = listTags(data);
  const isByTables = [...tags.keys()].some((name) => /^[AD]2B\d$/.test(name));
  if (isByTables || !isOfLights(data)) return undefined;
  const [red, green, blue] = ['r', 'g', 'b'].map((channel) => {
    const [light, curve] = [tags.get(`${channel}XYZ`), tags.get(`${channel}TRC`)];
    return { light: light && readLight(light), curve: curve && readCurve(curve) };
  });
  if (!red?.light || !green?.light || !blue?.light) return undefined;
  if (!red.curve || !green.curve || !blue.curve) return undefined;
  return {
    curves: [red.curve, green.curve, blue.curve],
    lights: [red.light, green.light, blue.light],
  };
}

/** By its header, which lcms holds against the same (7.2). */
function isOfLights(data: Buffer): boolean {
  const text = (at: number) => data.toString('latin1', at, at + 4);
  const isProfile = data.length > 132 && text(36) === 'acsp' && data.readUInt32BE(8) <= MAX_VERSION;
  return (
    isProfile && CLASSES.includes(text(12)) && profileSpace(data) === 'RGB ' && text(20) === 'XYZ '
  );
}

function readLight(tag: Buffer): Three<number> | undefined {
  if (tag.length < 20 || tag.toString('latin1', 0, 4) !== 'XYZ ') return undefined;
  return [readFixed(tag, 8), readFixed(tag, 12), readFixed(tag, 16)];
}

function readFixed(tag: Buffer, at: number): number {
  return tag.readInt32BE(at) / FIXED_ONE;
}

function readCurve(tag: Buffer): Float64Array | undefined {
  const kind = tag.toString('latin1', 0, 4);
  const curve = kind === 'curv' ? readTable(tag) : kind === 'para' ? readFormula(tag) : undefined;
  if (!curve) return undefined;
  const levels = Float64Array.from({ length: LEVELS }, (_, level) => curve(level / (LEVELS - 1)));
  const isSane = levels.every((light) => light >= -TOLERANCE && light <= 1 + TOLERANCE);
  // What is black is, and what is white: elsewhere lcms moves both (black point compensation).
  const isWhole = (levels[0] ?? 1) < TOLERANCE && (levels[LEVELS - 1] ?? 0) > 1 - TOLERANCE;
  return isSane && isWhole ? levels.map((light) => Math.min(1, Math.max(0, light))) : undefined;
}

type Curve = (value: number) => number;

/** No entry is a straight line, one a gamma in 256ths, more are samples (10.6). */
function readTable(tag: Buffer): Curve | undefined {
  const count = tag.length < 12 ? Infinity : tag.readUInt32BE(8);
  if (count > MAX_CURVE_ENTRIES || tag.length < 12 + 2 * count) return undefined;
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (tag.readUInt16BE(12) / 256);
  const entry = (index: number) => tag.readUInt16BE(12 + 2 * Math.min(index, count - 1)) / 65_535;
  return (value) => {
    const place = value * (count - 1);
    const index = Math.floor(place);
    return entry(index) + (place - index) * (entry(index + 1) - entry(index));
  };
}

/** (10.18) */
function readFormula(tag: Buffer): Curve | undefined {
  const kind = tag.length < 12 ? -1 : tag.readUInt16BE(8);
  const count = PARAMETERS[kind];
  if (count === undefined || tag.length < 12 + 4 * count) return undefined;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: count }, (_, at) =>
    readFixed(tag, 12 + 4 * at),
  );
  if (kind === 0) return (value) => value ** g;
  if (kind < 3) return (value) => (value >= -b / a ? (a * value + b) ** g : 0) + c;
  return (value) => (value >= d ? (a * value + b) ** g + e : c * value + f);
}
