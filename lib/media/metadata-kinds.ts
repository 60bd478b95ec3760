import { readExifKinds } from './exif.ts';
import type { Header } from './inspect.ts';
import type { Structure } from './structure.ts';

const KINDS = ['exif', 'gps', 'xmp', 'iptc', 'icc', 'comments'] as const;
export type MetadataKind = (typeof KINDS)[number];

/** Which kinds of metadata the file carries, by its header and its own structure. */
export function listMetadata(
  bytes: Uint8Array,
  header: Header,
  { hasComment }: Structure,
): MetadataKind[] {
  // A TIFF's own directory holds what other formats keep in an EXIF block.
  const tiff = header.mediaType === 'image/tiff' ? readExifKinds(bytes) : undefined;
  const present: Record<MetadataKind, boolean> = {
    exif: header.exif !== undefined || tiff?.exif === true,
    gps: tiff?.gps === true || (header.exif !== undefined && readExifKinds(header.exif).gps),
    xmp: header.xmp !== undefined,
    iptc: header.iptc !== undefined,
    icc: header.hasProfile,
    comments: hasComment || (header.comments?.length ?? 0) > 0,
  };
  return KINDS.filter((kind) => present[kind]);
}
