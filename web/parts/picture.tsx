import type { Signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { FoundBox } from '../boxes.ts';
import { TEXTS } from '../texts.ts';
import { Icon, type IconName } from './icon.tsx';
import { useZoom } from './use-zoom.ts';
import { Words } from './words.tsx';

interface PictureProps {
  /** Where it may be had, the best first. */
  urls: string[];
  alt: string;
  source: { width?: number | undefined; height?: number | undefined };
  boxes: FoundBox[];
  /** The box that list or picture points at, by its place in `boxes`. */
  pointed: Signal<number | undefined>;
}

/** The picture with its boxes over it, to be zoomed and moved. */
export function Picture({ urls, alt, source, boxes, pointed }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState<string[]>([]);
  const { view, onKeyDown, zoomIn, zoomOut, reset } = useZoom(frame);
  const { zoom, x, y } = view.value;
  const url = urls.find((one) => !failed.includes(one));
  const { width, height } = source;
  const point = (event: PointerEvent) => {
    pointed.value = findSmallest(boxes, event);
  };
  return (
    <div class="viewer">
      <section
        ref={frame}
        class={zoom > 1 ? 'frame zoomed' : 'frame'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move and zoom it, so it has to be reached
        tabIndex={0}
        aria-label={TEXTS.result.picture}
        onKeyDown={onKeyDown}
        onPointerMove={point}
        onPointerLeave={() => {
          pointed.value = undefined;
        }}
      >
        <div
          class={pointed.value === undefined ? 'layer' : 'layer pointing'}
          style={{ transform: `translate(${x}px, ${y}px) scale(${zoom})`, '--zoom': String(zoom) }}
        >
          {url ? (
            <img
              src={url}
              alt={alt}
              width={width}
              height={height}
              // Its place is there before it is: nothing moves when it comes.
              style={width && height ? { '--width': `${width}px`, '--ratio': width / height } : {}}
              draggable={false}
              onError={() => setFailed([...failed, url])}
            />
          ) : (
            <div
              class="placeholder"
              style={{ aspectRatio: width && height ? `${width} / ${height}` : '3 / 2' }}
            >
              <p class="quiet">
                {failed.length > 0 ? TEXTS.result.unreadable : TEXTS.result.elsewhere}
              </p>
            </div>
          )}
          {boxes.map((one, index) => (
            <BoxMark key={`${one.group}${index}`} found={one} isPointed={pointed.value === index} />
          ))}
        </div>
      </section>
      <div class="zoom">
        <Tool icon="plus" name={TEXTS.result.zoomIn} onClick={zoomIn} />
        <Tool icon="minus" name={TEXTS.result.zoomOut} onClick={zoomOut} />
        <Tool icon="fit" name={TEXTS.result.zoomReset} onClick={reset} />
      </div>
    </div>
  );
}

/** Hidden from screen readers: the list beside it says the same. */
function BoxMark({ found, isPointed }: { found: FoundBox; isPointed: boolean }) {
  const { box, label, hue } = found;
  const sides = `${box.y < 0.06 ? ' at-top' : ''}${box.x > 0.6 ? ' at-right' : ''}`;
  const percent = (fraction: number) => `${fraction * 100}%`;
  return (
    <div
      class={`box hue-${hue}${sides}${isPointed ? ' pointed' : ''}`}
      aria-hidden="true"
      style={{
        left: percent(box.x),
        top: percent(box.y),
        width: percent(box.width),
        height: percent(box.height),
      }}
    >
      <bdi>
        <Words text={label} />
      </bdi>
    </div>
  );
}

function Tool({ icon, name, onClick }: { icon: IconName; name: string; onClick: () => void }) {
  return (
    <button type="button" class="tool" aria-label={name} title={name} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

/** Of boxes over each other the smallest one is meant. */
function findSmallest(boxes: FoundBox[], event: PointerEvent): number | undefined {
  if (!(event.currentTarget instanceof HTMLElement)) return undefined;
  const layer = event.currentTarget.querySelector('.layer')?.getBoundingClientRect();
  if (!layer) return undefined;
  const x = (event.clientX - layer.left) / layer.width;
  const y = (event.clientY - layer.top) / layer.height;
  let best: number | undefined;
  for (const [index, { box }] of boxes.entries()) {
    const isIn = x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
    if (isIn && (best === undefined || area(box) < area(boxes[best]?.box))) best = index;
  }
  return best;
}

function area(box: FoundBox['box'] | undefined): number {
  return (box?.width ?? 1) * (box?.height ?? 1);
}
