/** How HEIF says that a picture is turned (ISO/IEC 23008-12, 6.5.10 and 6.5.12): first turned, then mirrored. */
interface Turn {
  /** Quarter turns anticlockwise. */
  irot?: number;
  /** 1: left and right change places; 0: top and bottom. */
  imir?: number;
}

/** What the EXIF orientations are in HEIF's terms (as libavif converts them). */
export const HEIF_TURNS: Record<number, Turn> = {
  1: {},
  2: { imir: 1 },
  3: { irot: 2 },
  4: { imir: 0 },
  5: { irot: 1, imir: 0 },
  6: { irot: 3 },
  7: { irot: 3, imir: 0 },
  8: { irot: 1 },
};

/** The HEIC or AVIF with boxes for the turn of its primary item; all data moves back by as much. */
export function turnHeif(file: Buffer, { irot, imir }: Turn): Buffer {
  const boxes = [
    ...(irot === undefined ? [] : [box('irot', irot)]),
    ...(imir === undefined ? [] : [box('imir', imir)]),
  ];
  if (boxes.length === 0) return file;
  const [ipco, ipma] = [findBox(file, 'ipco'), findBox(file, 'ipma')];
  const known = countBoxes(file.subarray(ipco + 8, ipco + file.readUInt32BE(ipco)));
  const primary = file.readUInt16BE(findBox(file, 'pitm') + 12);
  const added = boxes.map((_, index) => 0x80 | (known + index + 1));
  const ipmaBox = file.subarray(ipma, ipma + file.readUInt32BE(ipma));
  const inserted = Buffer.concat(boxes);
  const grown = Buffer.concat([
    file.subarray(0, ipma),
    inserted, // ipma follows ipco
    associate(ipmaBox, primary, added),
    file.subarray(ipma + file.readUInt32BE(ipma)),
  ]);
  const growth = grown.length - file.length;
  enlarge(grown, ipco, inserted.length);
  for (const name of ['iprp', 'meta']) enlarge(grown, findBox(grown, name), growth);
  moveItems(grown, findBox(grown, 'iloc'), growth);
  return grown;
}

function box(name: string, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 9]), Buffer.from(name), Buffer.from([value])]);
}

function findBox(file: Buffer, name: string): number {
  const at = file.indexOf(name);
  if (at < 0) throw new Error(`no ${name} box`);
  return at - 4;
}

function enlarge(file: Buffer, at: number, by: number): void {
  file.writeUInt32BE(file.readUInt32BE(at) + by, at);
}

function countBoxes(content: Buffer): number {
  let count = 0;
  for (let at = 0; at < content.length; at += content.readUInt32BE(at)) count += 1;
  return count;
}

/** The item gets more properties in ipma (version 0, indices of 7 bits). */
function associate(ipma: Buffer, primary: number, added: number[]): Buffer {
  const parts = [Buffer.from(ipma.subarray(0, 16))];
  let at = 16;
  for (let item = 0; item < ipma.readUInt32BE(12); item += 1) {
    const end = at + 3 + (ipma[at + 2] ?? 0);
    const entry = Buffer.from(ipma.subarray(at, end));
    parts.push(entry);
    if (entry.readUInt16BE() === primary) {
      entry[2] = (entry[2] ?? 0) + added.length;
      parts.push(Buffer.from(added));
    }
    at = end;
  }
  const all = Buffer.concat(parts);
  all.writeUInt32BE(all.length);
  return all;
}

/** Offsets of 32 bits, one extent an item; versions 0 to 2 differ by the fields before them. */
function moveItems(file: Buffer, iloc: number, by: number): void {
  const version = file[iloc + 8] ?? 0;
  const sizes = file.readUInt16BE(iloc + 12);
  if (sizes >> 8 !== 0x44 || version > 1) throw new Error('another iloc than expected');
  const baseBytes = (sizes >> 4) & 15;
  const count = file.readUInt16BE(iloc + 14);
  let at = iloc + 16;
  for (let item = 0; item < count; item += 1) {
    const isInFile = version === 0 || (file.readUInt16BE(at + 2) & 15) === 0;
    const extentAt = at + (version === 0 ? 4 : 6) + baseBytes + 2;
    if (isInFile) enlarge(file, extentAt, by);
    at = extentAt + 8;
  }
}
