import { useEffect, useRef } from 'preact/hooks';
import type { Listing } from './listing.ts';
import { TileItem } from './tile.tsx';
import { useWindow } from './use-window.ts';

/** Fetches on when so many tiles, or fewer, are left below. */
const AHEAD_TILES = 30;

const SIDEWAYS = { ArrowRight: 1, ArrowLeft: -1 };

/** All analyses as tiles; only those in sight are in the page. */
export function Grid({ listing }: { listing: Listing }) {
  const list = useRef<HTMLUListElement>(null);
  const tiles = listing.tiles.value;
  const { columns, first, end, top, height } = useWindow(list, tiles.length);
  const isNearEnd = end + AHEAD_TILES >= tiles.length;
  useEffect(() => {
    if (isNearEnd) void listing.loadMore();
  }, [listing, isNearEnd, tiles.length]);
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ...SIDEWAYS, ArrowDown: columns, ArrowUp: -columns };
    const step = steps[event.key];
    const { target } = event;
    const current = target instanceof Element && target.closest('li')?.dataset.index;
    if (!step || !current) return;
    const wanted = list.current?.querySelector<HTMLElement>(
      `li[data-index="${Number(current) + step}"] a`,
    );
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
  };
  return (
    <ul
      ref={list}
      class="tiles"
      style={{ height: `${height}px`, paddingTop: `${top}px`, '--columns': String(columns) }}
      onKeyDown={move}
    >
      {tiles.slice(first, end).map((tile, index) => (
        <TileItem
          key={tile.id}
          tile={tile}
          index={first + index}
          count={listing.isAtEnd.value ? tiles.length : -1}
        />
      ))}
    </ul>
  );
}
