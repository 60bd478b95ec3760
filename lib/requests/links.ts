import { type AnalysisRecord, hasEnded, type SummaryRecord } from '../analysis.ts';
import type { FileLinks, PictureLinks } from '../aws/picture-links.ts';

export interface LinkDeps {
  links: PictureLinks;
  /** Where files are linked to as well. */
  fileLinks?: FileLinks;
}

export interface Links extends Partial<Awaited<ReturnType<PictureLinks>>> {
  self: string;
  file?: string;
}

/** What is played: of everything else a picture is shown. */
const PLAYED = /^(video|audio)\//;

/**
 * Where an analysis is, and its picture: that of an ended one, for before it may not be there yet. Of a video
 * or a sound that was read (`eTag`) and found good, the file too.
 */
export async function describeLinks(
  { links, fileLinks }: LinkDeps,
  record: SummaryRecord & Pick<AnalysisRecord, 'eTag'>,
): Promise<Links> {
  const { id, status, picture, source, eTag } = record;
  const { key, mediaType = '' } = source;
  const isPlayed = status === 'succeeded' && eTag !== undefined && PLAYED.test(mediaType);
  return {
    self: `/v1/analyses/${id}`,
    ...(picture && hasEnded(status) ? await links(picture) : {}),
    ...(fileLinks && isPlayed ? { file: await fileLinks(key, mediaType) } : {}),
  };
}
