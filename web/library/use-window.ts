import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** The least width of a tile, the gap between tiles, and a tile's height, in pixels; library.css has the same. */
const TILE_PIXELS = 150;
const GAP_PIXELS = 16;
const TILE_HEIGHT_PIXELS = 236;
const ROW_PIXELS = TILE_HEIGHT_PIXELS + GAP_PIXELS;
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

/** Which of many tiles are drawn: those in sight and a few rows around them, however many there are. */
export function useWindow(list: RefObject<HTMLElement | null>, count: number): Shown {
  const [shown, setShown] = useState<Shown>({ columns: 1, first: 0, end: 0, top: 0, height: 0 });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      if (!list.current) return;
      const next = describe(list.current.getBoundingClientRect(), innerHeight, count);
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
  return shown;
}

function describe({ top, width }: DOMRect, windowPixels: number, count: number): Shown {
  const columns = Math.max(1, Math.floor((width + GAP_PIXELS) / (TILE_PIXELS + GAP_PIXELS)));
  const rows = Math.ceil(count / columns);
  const inRows = (row: number) => Math.min(Math.max(row, 0), rows);
  const firstRow = inRows(Math.floor(-top / ROW_PIXELS) - SPARE_ROWS);
  const endRow = inRows(Math.ceil((windowPixels - top) / ROW_PIXELS) + SPARE_ROWS);
  return {
    columns,
    first: firstRow * columns,
    end: Math.min(endRow * columns, count),
    top: firstRow * ROW_PIXELS,
    height: Math.max(rows * ROW_PIXELS - GAP_PIXELS, 0),
  };
}

function isSame(one: Shown, other: Shown): boolean {
  return (Object.keys(one) as (keyof Shown)[]).every((name) => one[name] === other[name]);
}
