import { readExif } from './exif.ts';
import { FORMATS } from './formats/formats.ts';
import {
  type Header,
  METADATA_KINDS,
  type MetadataKind,
  type WalkedFile,
} from './formats/picture-format.ts';

/** The kinds of metadata that the file carries, by its header and its own structure; and when it was taken. */
export function listMetadata(
  file: WalkedFile,
  header: Header,
): { metadata: MetadataKind[]; capturedAt: string | undefined } {
  const own = FORMATS[header.mediaType].readOwnExif(file);
  const block = header.exif && readExif(header.exif);
  const present: Record<MetadataKind, boolean> = {
    exif: block !== undefined || own?.exif === true,
    gps: block?.gps === true || own?.gps === true,
    xmp: header.xmp !== undefined,
    iptc: header.iptc !== undefined,
    icc: header.hasProfile,
    comments: file.structure.hasComment === true || (header.comments?.length ?? 0) > 0,
  };
  const capturedAt = block?.capturedAt ?? own?.capturedAt;
  return { metadata: METADATA_KINDS.filter((kind) => present[kind]), capturedAt };
}
