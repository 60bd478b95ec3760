/** The kinds that an ISO base media file names in its first box, the main one first (ISO/IEC 14496-12, 4.3). */
export function listBrands(start: string): string[] {
  if (start.slice(4, 8) !== 'ftyp') return [];
  const size = Buffer.from(start.slice(0, 4), 'latin1').readUInt32BE();
  return start.slice(8, size).match(/.{4}/gs) ?? [];
}
