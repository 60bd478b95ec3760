import { nameCategory } from './reading.ts';
import { TEXTS } from './texts.ts';

/** Something that a result tells of with its time, in seconds from the start of the file. */
export interface Moment {
  start: number;
  end: number;
  title: string;
  detail?: string | undefined;
}

export interface Track {
  name: 'chapters' | 'transcript' | 'screenText' | 'objects' | 'people' | 'moderation';
  moments: Moment[];
}

/** All that a result of a video or a sound tells with times, by kind; empty kinds are left out. */
export function listTracks(result: Record<string, unknown>): Track[] {
  const tracks: Track[] = [
    { name: 'chapters', moments: read(result.chapters, ['title'], ['summary']) },
    {
      name: 'transcript',
      moments: read(result.speech ?? result.segments, ['text'], ['speaker']),
    },
    { name: 'screenText', moments: read(result.onScreenText, ['text'], []) },
    { name: 'objects', moments: readAppearances(result.objects) },
    { name: 'people', moments: readCounts(fieldOf(result.people, 'appearances')) },
    { name: 'moderation', moments: readRatings(fieldOf(result.moderation, 'parts')) },
  ];
  return tracks.filter(({ moments }) => moments.length > 0);
}

function readAppearances(objects: unknown): Moment[] {
  if (!Array.isArray(objects)) return [];
  const all = objects.flatMap((object) => {
    const title = String(fieldOf(object, 'label') ?? '');
    return read(fieldOf(object, 'appearances'), [], []).map((moment) => ({ ...moment, title }));
  });
  return all.toSorted((one, other) => one.start - other.start);
}

function readCounts(appearances: unknown): Moment[] {
  return read(appearances, ['count'], []).map((moment) => ({
    ...moment,
    title: TEXTS.tracks.count(Number(moment.title)),
  }));
}

function readRatings(parts: unknown): Moment[] {
  if (!Array.isArray(parts)) return [];
  const named = parts.map((part) => ({
    ...part,
    category: nameCategory(String(fieldOf(part, 'category') ?? '')),
  }));
  return read(named, ['category', 'level'], ['reason']);
}

function read(things: unknown, titles: string[], details: string[]): Moment[] {
  if (!Array.isArray(things)) return [];
  return things.flatMap((thing) => {
    const start = Number(fieldOf(thing, 'start'));
    const end = Number(fieldOf(thing, 'end'));
    if (!Number.isFinite(start) || !Number.isFinite(end)) return [];
    const detail = join(thing, details);
    return [{ start, end, title: join(thing, titles), ...(detail ? { detail } : {}) }];
  });
}

function join(thing: unknown, names: string[]): string {
  const parts = names.map((name) => fieldOf(thing, name) ?? '');
  return parts.filter((part) => part !== '').join(', ');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
