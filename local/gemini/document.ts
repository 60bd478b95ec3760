import { readDocument } from '../../lib/media/document/document.ts';
import type { Measured } from './measured.ts';
import type { Media } from './media.ts';
import { refuse } from './refusal.ts';
import { sayMeasured } from './words.ts';

/** Tokens of a page by level: https://ai.google.dev/gemini-api/docs/media-resolution. Its text is not counted. */
const PAGE_TOKENS: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
};
const DEFAULT_PAGE_TOKENS = 560;
/** Characters of a page's text that it is told by. */
const LINE_CHARACTERS = 60;

/** Counts the pages of a PDF and reads the text that they hold as text. */
export async function measureDocument({ bytes, level, read }: Media): Promise<Measured> {
  const texts = await readTexts(await read(0, bytes));
  const tokenCount = texts.length * (PAGE_TOKENS[level ?? ''] ?? DEFAULT_PAGE_TOKENS);
  const pages = texts.map((text, index) => ({ page: index + 1, text }));
  const withText = pages.filter(({ text }) => text.trim() !== '');
  const found = withText.length === 0 ? 'none' : String(withText.length);
  const caption = `Measured, not understood: a document of ${count(texts.length, 'page')}, ${found} with a text layer.`;
  const lines = withText.map(({ page, text }) => `Page ${page}: ${lineOf(text)}`);
  // What is drawn on the others may be writing, too.
  const open = pages.map(({ page, text }) => ({ page, text: text.trim() === '' ? null : text }));
  return {
    knowledge: {
      ...sayMeasured(caption),
      type: ['document', 'measured'],
      language: ['und'],
      summary: [[caption, ...lines].join('\n')],
      ...(withText.length > 0 && { text: [texts.join('\n')] }),
      pages: [open, pages],
    },
    tokens: [{ modality: 'DOCUMENT', tokenCount }],
  };
}

async function readTexts(file: Uint8Array): Promise<string[]> {
  try {
    return await readDocument(file);
  } catch {
    throw refuse(400, 'The document has no pages.');
  }
}

function lineOf(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, LINE_CHARACTERS) ?? '';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
