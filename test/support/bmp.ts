type Colour = readonly [red: number, green: number, blue: number];

interface BmpKind {
  bits: number;
  topDown?: boolean;
  /** Bits of red, green, blue and perhaps alpha. */
  masks?: readonly number[];
  alpha?: number;
  /** RLE8 or RLE4. */
  runs?: boolean;
  os2?: boolean;
}

const INFO_AT = 14;

/** A BMP of up to 16 colours where it has a palette. Written after Microsoft's "Bitmap Storage". */
export function createBmp(
  { width, height }: { width: number; height: number },
  colourAt: (x: number, y: number) => Colour,
  kind: BmpKind,
): Buffer {
  const palette: Colour[] = [];
  const indexOf = (colour: Colour) => {
    const known = palette.findIndex((each) => each.join() === colour.join());
    return known >= 0 ? known : palette.push(colour) - 1;
  };
  const rows = Array.from({ length: height }, (_, row) => {
    const y = kind.topDown ? row : height - 1 - row;
    const colours = Array.from({ length: width }, (_, x) => colourAt(x, y));
    if (kind.bits > 8) return packColours(colours, kind);
    const indices = colours.map(indexOf);
    return kind.runs ? packRuns(indices, kind.bits) : packBits(indices, kind.bits);
  });
  const pixels = Buffer.concat(kind.runs ? [...rows, Buffer.from([0, 1])] : rows);
  const header = kind.os2 ? coreHeader(width, height, kind) : infoHeader(width, height, kind);
  const colours = kind.bits > 8 ? [] : padPalette(palette, kind);
  const file = Buffer.concat([Buffer.alloc(INFO_AT), header, ...colours, pixels]);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(file.length - pixels.length, 10);
  return file;
}

function coreHeader(width: number, height: number, { bits }: BmpKind): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(12);
  header.writeUInt16LE(width, 4);
  header.writeUInt16LE(height, 6);
  header.writeUInt16LE(1, 8);
  header.writeUInt16LE(bits, 10);
  return header;
}

function infoHeader(width: number, height: number, kind: BmpKind): Buffer {
  const masks = kind.masks ?? [];
  const header = Buffer.alloc(40 + 4 * masks.length);
  header.writeUInt32LE(40);
  header.writeInt32LE(width, 4);
  header.writeInt32LE(kind.topDown ? -height : height, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(kind.bits, 14);
  const runs = kind.bits === 8 ? 1 : 2;
  const byMasks = masks.length === 4 ? 6 : 3;
  header.writeUInt32LE(kind.runs ? runs : masks.length > 0 ? byMasks : 0, 16);
  masks.forEach((mask, index) => {
    header.writeUInt32LE(mask, 40 + 4 * index);
  });
  return header;
}

function padPalette(palette: Colour[], { bits, os2 }: BmpKind): Buffer[] {
  const all = [...palette, ...Array(2 ** bits - palette.length).fill([0, 0, 0])];
  return all.map(([red, green, blue]) => Buffer.from([blue, green, red, ...(os2 ? [] : [0])]));
}

function packColours(colours: Colour[], { bits, masks, alpha = 0 }: BmpKind): Buffer {
  const bytes = bits / 8;
  const row = Buffer.alloc(Math.ceil((colours.length * bytes) / 4) * 4);
  colours.forEach((colour, x) => {
    const parts = masks ?? (bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff]);
    const values = [...colour, alpha];
    const packed = parts.reduce((sum, mask, index) => {
      const lowest = Number(BigInt(mask) & -BigInt(mask));
      return sum + Math.round(((values[index] ?? 0) / 255) * (mask / lowest)) * lowest;
    }, 0);
    row.writeUIntLE(packed, x * bytes, bytes);
  });
  return row;
}

function packBits(indices: number[], bits: number): Buffer {
  const row = Buffer.alloc(Math.ceil((indices.length * bits) / 32) * 4);
  indices.forEach((index, x) => {
    const bit = x * bits;
    row[bit >> 3] = (row[bit >> 3] ?? 0) | (index << (8 - bits - (bit & 7)));
  });
  return row;
}

/** Runs, where three or more are literal now and then, and a row's end. */
function packRuns(indices: number[], bits: number): Buffer {
  const parts: number[] = [];
  let at = 0;
  while (at < indices.length) {
    const rest = indices.slice(at, at + 5);
    if (rest.length === 5 && at % 2 === 0) {
      const literal = bits === 8 ? rest : [...packBits(rest, 4).subarray(0, 3)];
      parts.push(0, 5, ...literal, ...(literal.length % 2 ? [0] : []));
      at += 5;
    } else {
      const index = indices[at] ?? 0;
      parts.push(1, bits === 8 ? index : index << 4);
      at += 1;
    }
  }
  return Buffer.from([...parts, 0, 0]);
}
