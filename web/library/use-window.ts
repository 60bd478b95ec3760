import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Place } from './listing.ts';

/** The least width of a tile, the gap between tiles, and a tile's height, in the page's letters; library.css has the same. */
const TILE_REM = 9.375;
const GAP_REM = 1;
const TILE_HEIGHT_REM = 14.75;
/** Rows drawn above and below what is seen, so that the next ones are there when they come. */
const SPARE_ROWS = 3;

export interface Shown {
  columns: number;
  /** Of the tiles, from 0: the first that is drawn, and the one behind the last. */
  first: number;
  end: number;
  /** In pixels. */
  top: number;
  height: number;
}

/**
 * Which of many tiles are drawn: those in sight and a few rows around them, however many there are. `place`
 * is written as the window is scrolled; one that is given is scrolled to first.
 */
export function useWindow(list: RefObject<HTMLElement | null>, count: number, place: Place): Shown {
  const [shown, setShown] = useState<Shown>({ columns: 1, first: 0, end: 0, top: 0, height: 0 });
  const isPlaced = useRef(place.row === undefined);
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      if (!list.current) return;
      const box = list.current.getBoundingClientRect();
      const next = describe(box, innerHeight, count);
      if (isPlaced.current) notePlace(place, box, next.columns);
      setShown((now) => (isSame(now, next) ? now : next));
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    const resized = new ResizeObserver(soon);
    if (list.current) resized.observe(list.current);
    addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      removeEventListener('scroll', soon);
      removeEventListener('resize', soon);
    };
  }, [count]);
  useLayoutEffect(() => {
    if (isPlaced.current || !list.current || shown.height === 0) return;
    isPlaced.current = true; // from now on it is as high as it was
    scrollToPlace(place, list.current.getBoundingClientRect(), shown.columns);
  }, [shown.height]);
  return shown;
}

function notePlace(place: Place, { top }: DOMRect, columns: number): void {
  const row = Math.max(0, Math.floor(-top / rowPixels()));
  Object.assign(place, { row, above: -top - row * rowPixels(), columns });
}

/** In a window of another width the same tile is in another row. */
function scrollToPlace({ row = 0, above = 0, columns = 1 }: Place, { top }: DOMRect, now: number) {
  const nowRow = Math.floor((row * columns) / now);
  scrollTo({ top: scrollY + top + nowRow * rowPixels() + above, behavior: 'instant' });
}

function describe({ top, width }: DOMRect, windowPixels: number, count: number): Shown {
  const gap = GAP_REM * remPixels();
  const columns = Math.max(1, Math.floor((width + gap) / (TILE_REM * remPixels() + gap)));
  const rows = Math.ceil(count / columns);
  const inRows = (row: number) => Math.min(Math.max(row, 0), rows);
  const firstRow = inRows(Math.floor(-top / rowPixels()) - SPARE_ROWS);
  const endRow = inRows(Math.ceil((windowPixels - top) / rowPixels()) + SPARE_ROWS);
  return {
    columns,
    first: firstRow * columns,
    end: Math.min(endRow * columns, count),
    top: firstRow * rowPixels(),
    height: Math.max(rows * rowPixels() - gap, 0),
  };
}

function rowPixels(): number {
  return (TILE_HEIGHT_REM + GAP_REM) * remPixels();
}

/** Of the page's letters: they are larger on a large screen. */
function remPixels(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function isSame(one: Shown, other: Shown): boolean {
  return (Object.keys(one) as (keyof Shown)[]).every((name) => one[name] === other[name]);
}
