import type { Analysis } from '@sightline/client';
import { formatLanguage, formatName } from './format.ts';
import { TEXTS } from './texts.ts';

/** How strongly a category was rated. */
export interface Rating {
  category: string;
  level: string;
  reason: string;
}

export interface DocumentTable {
  page: number;
  title: string;
  columns: string[];
  rows: string[][];
}

/** A result, read for the page: what has a view of its own, and under its name whatever else there is. */
export interface Reading {
  caption: string;
  summary: string;
  answer: string;
  tags: string[];
  /** Undefined where there was none to be read. */
  text: string | undefined;
  ratings: Rating[] | undefined;
  /** In plain words. */
  facts: [name: string, words: string][];
  fields: { page: number; name: string; value: string }[];
  tables: DocumentTable[];
  /** A page that could not be read has no text. */
  pages: { page: number; text: string | null }[];
  others: [name: string, value: unknown][];
}

/** Whose null means that it could not be told; a client's own schema may mean anything by it. */
const BUILT_IN = new Set([
  ...['describe', 'read-text', 'moderate', 'classify'],
  ...['describe-document', 'describe-video', 'transcribe'],
]);
export const UNRATED = 'unrated';

/** Takes parts out of a result, each once and only in the shape that its view can show. */
type Take = <T>(name: string, read: (value: unknown) => T | undefined) => T | undefined;

export function readResult({ result = {}, analyzer, source }: Analysis): Reading {
  const left = new Map(Object.entries(result));
  const take: Take = (name, read) => {
    const value = left.has(name) ? read(left.get(name)) : undefined;
    if (value !== undefined) left.delete(name);
    return value;
  };
  const summary = take('summary', readWords) ?? '';
  const caption = take('caption', readWords) || summary;
  const words = {
    caption,
    summary: summary === caption ? '' : summary,
    answer: take('answer', readWords) ?? '',
    tags: take('tags', readWordList) ?? [],
    text: take('text', readWords),
    ratings: readModeration(take),
    fields: take('fields', listOf(readField)) ?? [],
    tables: take('tables', listOf(readTable)) ?? [],
    pages: take('pages', listOf(readPage)) ?? [],
  };
  takeSeen(take, source.mediaType);
  const facts = BUILT_IN.has(analyzer.name) ? readFacts(take, analyzer.name, words.text) : [];
  return { ...words, facts, others: [...left] };
}

/** Levels by category, in a list or by their names; of a video those of its parts, which stand beside the player, too. */
function readModeration(take: Take): Rating[] | undefined {
  const listed = take('categories', listOf(readRating));
  if (listed) {
    take('highest', readWords); // the list says it
    return listed;
  }
  return take('moderation', (value) => readPartRatings(value) ?? readLevels(value));
}

function readLevels(value: unknown): Rating[] | undefined {
  if (!isRecord(value)) return undefined;
  return listOf(([category, level]: [string, unknown]) =>
    isWords(level) ? { category, level, reason: '' } : undefined,
  )(Object.entries(value));
}

function readPartRatings(value: unknown): Rating[] | undefined {
  if (!isRecord(value) || !isWords(value.highest)) return undefined;
  const parts = listOf(readRating)(value.parts);
  if (!parts) return undefined;
  if (value.highest === UNRATED && parts.length === 0)
    return [{ category: '', level: UNRATED, reason: '' }];
  const highest = new Map<string, Rating>();
  for (const part of parts) {
    const known = highest.get(part.category);
    if (!known || LEVELS.indexOf(part.level) > LEVELS.indexOf(known.level))
      highest.set(part.category, part);
  }
  return [...highest.values()];
}

const LEVELS = ['none', 'low', 'medium', 'high'];

function readRating(value: unknown): Rating | undefined {
  if (!isRecord(value)) return undefined;
  const { category, level, reason = '' } = value;
  return isWords(category) && isWords(level) && isWords(reason)
    ? { category, level, reason }
    : undefined;
}

/** What is shown in the picture, or beside the player. */
function takeSeen(take: Take, mediaType = ''): void {
  if (mediaType.startsWith('image/')) {
    const isBoxed = (one: unknown) => isRecord(one) && ('box' in one || 'box_2d' in one);
    take('objects', everyOne(isBoxed));
    take(
      'blocks',
      everyOne((one) => isRecord(one) && isWords(one.text) && 'order' in one),
    );
  }
  if (!/^(video|audio)\//.test(mediaType)) return;
  const isTimed = (one: unknown) => isRecord(one) && 'start' in one && 'end' in one;
  for (const name of ['chapters', 'speech', 'segments', 'onScreenText'])
    take(name, everyOne(isTimed));
  take(
    'objects',
    everyOne((one) => isRecord(one) && 'appearances' in one),
  );
}

/** What the built-in analyzers say beside: what could not be told is said, too. */
function readFacts(take: Take, analyzer: string, text: string | undefined): Reading['facts'] {
  const { result } = TEXTS;
  const told: Reading['facts'] = [];
  const tell = (name: string, read: (value: unknown) => string | undefined, shown = name) => {
    const words = take(name, read);
    if (words) told.push([shown, words]);
  };
  if (analyzer === 'classify') {
    const isRated = take('confidence', (value) => (value === UNRATED ? false : undefined)) ?? true;
    const missing = isRated ? result.noLabel : result.notClassified;
    tell('label', (value) => (value === null ? missing : readWords(value)));
    tell('confidence', readWords);
    tell('reason', readWords);
    tell('others', (value) => readWordList(value)?.join(', '), result.alsoFits);
  }
  tell('scene', readWords);
  tell('people', readPeople);
  tell('type', readWords);
  tell('title', (value) => (value === null ? result.notRead : readWords(value)));
  tell('language', (value) => (isWords(value) ? value && formatLanguage(value) : undefined));
  tell('languages', (value) => readWordList(value)?.map(formatLanguage).join(', '));
  tell('speakers', (value) => listOf(readSpeaker)(value)?.join('\n'));
  if (text === undefined) tell('text', (value) => (value === null ? result.notRead : undefined));
  if (text === '' && analyzer === 'read-text') told.push(['text', result.noText]);
  if (text === '' && analyzer === 'transcribe') told.push(['text', result.noSpeech]);
  return told;
}

function readPeople(value: unknown): string | undefined {
  if (value === null) return TEXTS.result.notCounted;
  if (!isRecord(value) || typeof value.count !== 'number') return undefined;
  return value.count === 0 ? TEXTS.result.nobody : value.count.toLocaleString();
}

function readSpeaker(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const { speaker, description } = value;
  if (!isWords(speaker) || !isWords(description)) return undefined;
  return [speaker, description].filter(Boolean).join(': ');
}

function readField(value: unknown): Reading['fields'][number] | undefined {
  if (!isRecord(value)) return undefined;
  const { page, name, value: held } = value;
  return typeof page === 'number' && isWords(name) && isWords(held)
    ? { page, name, value: held }
    : undefined;
}

function readTable(value: unknown): DocumentTable | undefined {
  if (!isRecord(value)) return undefined;
  const { page, title } = value;
  const columns = readWordList(value.columns);
  const rows = listOf(readWordList)(value.rows);
  return typeof page === 'number' && isWords(title) && columns && rows
    ? { page, title, columns, rows }
    : undefined;
}

function readPage(value: unknown): Reading['pages'][number] | undefined {
  if (!isRecord(value)) return undefined;
  const { page, text } = value;
  return typeof page === 'number' && (text === null || isWords(text)) ? { page, text } : undefined;
}

/** All of a list or nothing of it: a view that left some out would lose them. */
function listOf<In, T>(read: (value: In) => T | undefined) {
  return (value: unknown): T[] | undefined => {
    if (!Array.isArray(value)) return undefined;
    const all = value.map(read);
    const known = all.filter((one) => one !== undefined);
    return known.length === all.length ? known : undefined;
  };
}

const readWords = (value: unknown) => (isWords(value) ? value : undefined);
const readWordList = listOf(readWords);
const everyOne = (test: (value: unknown) => boolean) =>
  listOf((value: unknown) => test(value) || undefined);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWords(value: unknown): value is string {
  return typeof value === 'string';
}

/** `selfHarm` as people say it. */
export function nameCategory(category: string): string {
  const names: Record<string, string> = TEXTS.result.categories;
  return names[category] ?? formatName(category);
}
