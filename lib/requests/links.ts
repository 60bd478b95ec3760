import { hasEnded, type SummaryRecord } from '../analysis.ts';
import type { PictureLinks } from '../aws/picture-links.ts';

export interface LinkDeps {
  links: PictureLinks;
}

export interface Links extends Partial<Awaited<ReturnType<PictureLinks>>> {
  self: string;
}

/** Where an analysis is, and its picture: that of an ended one, for before it may not be there yet. */
export async function describeLinks({ links }: LinkDeps, record: SummaryRecord): Promise<Links> {
  const { id, status, picture } = record;
  const self = `/v1/analyses/${id}`;
  return picture && hasEnded(status) ? { self, ...(await links(picture)) } : { self };
}
