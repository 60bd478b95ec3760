import { useEffect, useRef } from 'preact/hooks';
import type { Listing } from './listing.ts';
import { TileItem } from './tile.tsx';
import { useTileFocus } from './use-tile-focus.ts';
import { type Shown, useWindow } from './use-window.ts';

/** Fetches on when so many tiles, or fewer, are left below. */
const AHEAD_TILES = 30;

/** All analyses as tiles; only those in sight are in the page. */
export function Grid({ listing }: { listing: Listing }) {
  const list = useRef<HTMLUListElement>(null);
  const { place } = listing;
  const tiles = listing.tiles.value;
  const count = tiles.length;
  const shown = useWindow(list, count, place);
  const { columns, end, top, height } = shown;
  const { focused, ...handlers } = useTileFocus(list, { count, columns, place });
  const isNearEnd = end + AHEAD_TILES >= count;
  useEffect(() => {
    if (isNearEnd) void listing.loadMore();
  }, [listing, isNearEnd, count]);
  return (
    <ul
      ref={list}
      class="tiles"
      style={{ height: `${height}px`, paddingTop: `${top}px`, '--columns': String(columns) }}
      {...handlers}
    >
      {listDrawn(shown, focused).map((index) => {
        const tile = tiles[index];
        return (
          tile && (
            <TileItem
              key={tile.id}
              tile={tile}
              index={index}
              count={listing.isAtEnd.value ? count : -1}
              apart={isIn(shown, index) ? undefined : columns}
            />
          )
        );
      })}
    </ul>
  );
}

/** In the order of the list, or keys would jump. */
function listDrawn(shown: Shown, focused: number | undefined): number[] {
  const { first, end } = shown;
  const drawn = Array.from({ length: end - first }, (_, index) => first + index);
  if (focused === undefined || isIn(shown, focused)) return drawn;
  return focused < first ? [focused, ...drawn] : [...drawn, focused];
}

function isIn({ first, end }: Shown, index: number): boolean {
  return index >= first && index < end;
}
