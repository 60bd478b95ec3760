import type { FileLinks, PictureLinks } from '../analysis/link-signer.ts';
import { type AnalysisRecord, hasEnded, type SummaryRecord } from '../analysis/record.ts';

export interface LinkDeps {
  links: PictureLinks;
  /** Where files are linked to as well. */
  fileLinks?: FileLinks;
}

export interface Links extends Partial<Awaited<ReturnType<PictureLinks>>> {
  self: string;
  file?: string;
}

/** What is played or read: of a picture a copy is shown, which nothing of its metadata is in. */
const LINKED = /^((video|audio)\/|application\/pdf$)/;

/**
 * Where an analysis is, and its picture: that of an ended one, for before it may not be there yet. Of a video,
 * a sound or a document that was read (`eTag`) and found good, the file too; where it was read for another
 * analysis, whose answer this one has, for as long as it is there.
 */
export async function describeLinks(
  { links, fileLinks }: LinkDeps,
  record: SummaryRecord & Pick<AnalysisRecord, 'eTag' | 'fileKey'>,
): Promise<Links> {
  const { id, status, picture, source, eTag, fileKey } = record;
  const { key, mediaType = '' } = source;
  const read = eTag === undefined ? fileKey : key;
  const isLinked = status === 'succeeded' && LINKED.test(mediaType);
  return {
    self: `/v1/analyses/${id}`,
    ...(picture && hasEnded(status) ? await links(picture) : {}),
    ...(fileLinks && read && isLinked ? { file: await fileLinks(read, mediaType) } : {}),
  };
}
