import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** How far a picture is enlarged, and where its top left lies, in pixels of its frame. */
interface View {
  zoom: number;
  x: number;
  y: number;
}

const WHOLE: View = { zoom: 1, x: 0, y: 0 };
const MAX_ZOOM = 12;
const STEP = 1.5;
/** Pixels that an arrow key moves. */
const KEY_PIXELS = 60;

/** Zoom and pan of a frame: by wheel with Ctrl, two fingers, dragging, double click and keys. */
export function useZoom(frame: RefObject<HTMLElement | null>) {
  const view = useSignal(WHOLE);
  const size = () => frame.current?.getBoundingClientRect() ?? new DOMRect();

  const zoomTo = (zoom: number, at?: { x: number; y: number }) => {
    const { width, height } = size();
    const { x = width / 2, y = height / 2 } = at ?? {};
    const next = Math.min(MAX_ZOOM, Math.max(1, zoom));
    const by = next / view.value.zoom;
    set({ zoom: next, x: x - (x - view.value.x) * by, y: y - (y - view.value.y) * by });
  };
  const move = (dx: number, dy: number) =>
    set({ ...view.value, x: view.value.x + dx, y: view.value.y + dy });
  /** The picture never leaves its frame. */
  const set = ({ zoom, x, y }: View) => {
    const { width, height } = size();
    const clamp = (value: number, length: number) =>
      Math.min(0, Math.max(length * (1 - zoom), value));
    view.value = { zoom, x: clamp(x, width), y: clamp(y, height) };
  };

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const stop = new AbortController();
    listenToWheel(element, view, zoomTo, stop.signal);
    listenToPointers(element, view, { zoomTo, move }, stop.signal);
    return () => stop.abort();
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own
    const act = KEYS[event.key];
    if (!act || (event.key.startsWith('Arrow') && view.value.zoom === 1)) return;
    event.preventDefault();
    act({ zoomTo, move, view });
  };
  return {
    view,
    onKeyDown,
    zoomIn: () => zoomTo(view.value.zoom * STEP),
    zoomOut: () => zoomTo(view.value.zoom / STEP),
    reset: () => zoomTo(1),
  };
}

interface Hands {
  zoomTo: (zoom: number, at?: { x: number; y: number }) => void;
  move: (dx: number, dy: number) => void;
}

const KEYS: Record<string, (hands: Hands & { view: Signal<View> }) => void> = {
  '+': ({ zoomTo, view }) => zoomTo(view.value.zoom * STEP),
  '=': ({ zoomTo, view }) => zoomTo(view.value.zoom * STEP),
  '-': ({ zoomTo, view }) => zoomTo(view.value.zoom / STEP),
  '0': ({ zoomTo }) => zoomTo(1),
  ArrowLeft: ({ move }) => move(KEY_PIXELS, 0),
  ArrowRight: ({ move }) => move(-KEY_PIXELS, 0),
  ArrowUp: ({ move }) => move(0, KEY_PIXELS),
  ArrowDown: ({ move }) => move(0, -KEY_PIXELS),
};

function placeIn(element: HTMLElement, { clientX, clientY }: MouseEvent) {
  const { left, top } = element.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

/** Without Ctrl the wheel moves the page; two fingers on a touchpad come as a wheel with it. */
function listenToWheel(
  element: HTMLElement,
  view: Signal<View>,
  zoomTo: Hands['zoomTo'],
  signal: AbortSignal,
): void {
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(view.value.zoom * Math.exp(-event.deltaY / 200), placeIn(element, event));
  };
  element.addEventListener('wheel', onWheel, { passive: false, signal });
  element.addEventListener(
    'dblclick',
    (event) => zoomTo(view.value.zoom > 1 ? 1 : STEP * STEP, placeIn(element, event)),
    { signal },
  );
}

function listenToPointers(
  element: HTMLElement,
  view: Signal<View>,
  { zoomTo, move }: Hands,
  signal: AbortSignal,
): void {
  const fingers = new Map<number, { x: number; y: number }>();
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, placeIn(element, event));
    if (view.value.zoom > 1 || fingers.size > 1) element.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = placeIn(element, event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other)
      zoomTo((view.value.zoom * apart(now, other)) / apart(before, other), between(now, other));
    else if (view.value.zoom > 1) move(now.x - before.x, now.y - before.y);
  };
  const onEnd = ({ pointerId }: PointerEvent) => fingers.delete(pointerId);
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave'] as const)
    element.addEventListener(end, onEnd, { signal });
}

type Point = { x: number; y: number };
const apart = (one: Point, other: Point) =>
  Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
const between = (one: Point, other: Point) => ({
  x: (one.x + other.x) / 2,
  y: (one.y + other.y) / 2,
});
