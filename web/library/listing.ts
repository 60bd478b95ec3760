import { signal } from '@preact/signals';
import type { AnalysisSummary, ListAnalysesQuery } from '@sightline/client';
import { type PageProblem, problemOf } from '../problems.ts';
import { client } from '../session.ts';
import { toMoments } from './days.ts';

/** Analyses asked for by one call. */
const PAGE_ITEMS = 60;

export type Filters = Pick<ListAnalysesQuery, 'status' | 'tag' | 'analyzer' | 'from' | 'to'>;

/** What a tile shows: of thousands of analyses nothing else is kept. */
export interface Tile extends Pick<AnalysisSummary, 'id' | 'status' | 'createdAt' | 'cached'> {
  caption?: string | undefined;
  name: string;
  type: string;
  analyzer: string;
  /** See thumbnails.ts. */
  thumbnail?: string | undefined;
}

/** Where its reader is: the row at the top, how much of it is above, in pixels, and the tile that was in use, from 0. */
export interface Place {
  row?: number;
  above?: number;
  columns?: number;
  used?: number | undefined;
}

/** The analyses that the filters let through, newest first, fetched as far as they are looked at. */
export type Listing = ReturnType<typeof createListing>;

export function createListing(filters: Filters) {
  const tiles = signal<Tile[]>([]);
  const isAtEnd = signal(false);
  const isLoading = signal(false);
  const problem = signal<PageProblem | undefined>(undefined);
  const stop = new AbortController();
  const place: Place = {};
  let all = start();

  /** Behind the last tile there is; of its millisecond there may be others. */
  function start() {
    const last = tiles.value.at(-1);
    const before = last && { to: last.createdAt };
    const query = { ...filters, ...toMoments(filters), ...before, limit: PAGE_ITEMS };
    return client.list({ ...query, signal: stop.signal });
  }

  async function loadMore(): Promise<void> {
    if (isLoading.value || isAtEnd.value || problem.value) return;
    isLoading.value = true;
    try {
      const more = await takePage(all, tiles.value);
      tiles.value = [...tiles.value, ...more];
      isAtEnd.value = more.length < PAGE_ITEMS;
    } catch (error) {
      if (!stop.signal.aborted) problem.value = problemOf(error);
    } finally {
      isLoading.value = false;
    }
  }

  return {
    tiles,
    isAtEnd,
    isLoading,
    problem,
    place,
    loadMore,
    /** Anew: an iterator that has thrown is at its end. */
    retry() {
      all = start();
      problem.value = undefined;
      return loadMore();
    },
    stop: () => stop.abort(),
  };
}

async function takePage(all: AsyncGenerator<AnalysisSummary>, before: Tile[]): Promise<Tile[]> {
  const known = new Set(before.map(({ id }) => id));
  const tiles: Tile[] = [];
  while (tiles.length < PAGE_ITEMS) {
    const { done, value } = await all.next();
    if (done) break;
    if (!known.has(value.id)) tiles.push(toTile(value));
  }
  return tiles;
}

function toTile({ id, status, createdAt, caption, cached, ...rest }: AnalysisSummary): Tile {
  const { source, analyzer, links } = rest;
  return {
    id,
    status,
    createdAt,
    caption,
    cached,
    name: source.filename,
    type: source.mediaType ?? source.declaredType ?? '',
    analyzer: analyzer.name,
    thumbnail: links.thumbnail,
  };
}
