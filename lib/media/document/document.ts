import type { MediaFacts, Medium } from '../medium.ts';
import { type DocumentFacts, inspectDocument } from './inspect.ts';
import { makePoster } from './poster.ts';
import { cutDocument } from './prepare.ts';

/** PDFs are held whole, and leave as a fresh one of the pages that are asked about. */
export const document: Medium<DocumentFacts & MediaFacts> = {
  name: 'document',
  async inspect(file, limits, { pages: wanted }) {
    const bytes = await file.readAll(limits.document.maxBytes);
    const facts = await inspectDocument(bytes, wanted);
    const { pages, range, activeContent, metadataKept } = facts;
    return {
      ...facts,
      source: { pages, ...(wanted && { pageRange: range }) },
      safety: {
        ...(activeContent.length > 0 && { activeContent }),
        ...(metadataKept.length > 0 && { metadataKept }),
      },
    };
  },
  async prepare(file, { range }) {
    const whole = await file.readAll(file.bytes);
    const bytes = await cutDocument(whole, range);
    const poster = await makePoster(whole, range.first);
    return { mediaType: 'application/pdf', bytes, ...(poster && { poster }) };
  },
};
