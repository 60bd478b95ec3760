import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Place } from './listing.ts';

/**
 * The tile that the reader's keys are at, by its place in the list: it stays drawn wherever the window is
 * scrolled to, or the browser would put them back to the start of the page. Arrows, Home and End move it.
 */
export function useTileFocus(
  list: RefObject<HTMLElement | null>,
  { count, columns, place }: { count: number; columns: number; place: Place },
) {
  const [focused, setFocused] = useState(place.used);
  const wanted = useRef(place.used);
  const isBack = useRef(place.used !== undefined); // the list itself scrolls to where it was
  const find = (index: number) =>
    list.current?.querySelector<HTMLElement>(`li[data-index="${index}"] a`);
  useLayoutEffect(() => {
    const tile = wanted.current === undefined ? undefined : find(wanted.current);
    if (!tile) return; // not drawn yet
    wanted.current = undefined;
    tile.focus({ preventScroll: isBack.current });
    isBack.current = false;
  });
  return {
    focused,
    onFocusIn({ target }: FocusEvent) {
      place.used = indexOf(target);
      setFocused(place.used);
    },
    onFocusOut({ target }: FocusEvent) {
      if (document.activeElement !== target) setFocused(undefined); // else the whole window has lost it
    },
    onKeyDown(event: KeyboardEvent) {
      const current = indexOf(event.target);
      const next = current === undefined ? undefined : findNext(event, current, columns, count);
      if (next === undefined) return;
      event.preventDefault();
      wanted.current = next;
      setFocused(next);
    },
  };
}

function findNext(event: KeyboardEvent, from: number, columns: number, count: number) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined; // the browser's own
  const places: Record<string, number> = {
    ArrowRight: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: from + columns,
    ArrowUp: from - columns,
    Home: 0,
    End: count - 1,
  };
  const next = places[event.key];
  return next !== undefined && next >= 0 && next < count ? next : undefined;
}

function indexOf(target: EventTarget | null): number | undefined {
  const item = target instanceof Element ? target.closest('li') : undefined;
  return item?.dataset.index === undefined ? undefined : Number(item.dataset.index);
}
