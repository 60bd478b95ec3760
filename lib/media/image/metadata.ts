import { type ExifFacts, readExif } from './exif.ts';
import type { Header } from './header.ts';
import type { Structure } from './structure.ts';

const KINDS = ['exif', 'gps', 'xmp', 'iptc', 'icc', 'comments'] as const;
export type MetadataKind = (typeof KINDS)[number];

/** Which kinds of metadata the file carries, by its header and its own structure; and when it was taken. */
export function listMetadata(
  bytes: Uint8Array,
  header: Header,
  { hasComment }: Structure,
): { metadata: MetadataKind[]; capturedAt: string | undefined } {
  const nothing: ExifFacts = { exif: false, gps: false };
  // A TIFF's own directory holds what other formats keep in an EXIF block.
  const tiff = header.mediaType === 'image/tiff' ? readExif(bytes) : nothing;
  const block = header.exif ? readExif(header.exif) : nothing;
  const present: Record<MetadataKind, boolean> = {
    exif: header.exif !== undefined || tiff.exif,
    gps: tiff.gps || block.gps,
    xmp: header.xmp !== undefined,
    iptc: header.iptc !== undefined,
    icc: header.hasProfile,
    comments: hasComment || (header.comments?.length ?? 0) > 0,
  };
  const capturedAt = block.capturedAt ?? tiff.capturedAt;
  return { metadata: KINDS.filter((kind) => present[kind]), capturedAt };
}
