import { useEffect, useState } from 'preact/hooks';
import { formatName, formatShortTime } from '../format.ts';
import { FileName } from '../parts/file-name.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { heldThumbnail, loadThumbnail } from '../parts/thumbnails.ts';
import { Words } from '../parts/words.tsx';
import { hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';
import type { Tile } from './listing.ts';

/** What flies past is not fetched: so long, in milliseconds, a tile has to stay. */
const STAY_MS = 80;

interface TileItemProps {
  tile: Tile;
  index: number;
  /** Of all tiles, or -1 while that is not known. */
  count: number;
  /** Drawn outside of the rows in sight: how many columns there are. */
  apart: number | undefined;
}

export function TileItem({ tile, index, count, apart }: TileItemProps) {
  const { id, name, caption, status, createdAt, analyzer } = tile;
  return (
    <li
      data-index={index}
      aria-posinset={index + 1}
      aria-setsize={count}
      class={apart ? 'apart' : ''}
      style={apart ? { '--row': Math.floor(index / apart), '--column': index % apart } : {}}
    >
      <a class="tile" href={hrefTo(['analyses', id])}>
        <TilePicture tile={tile} />
        <span class="tile-name">
          <FileName name={name} />
        </span>
        <span class="tile-line quiet">
          {status === 'succeeded' ? (
            <bdi>
              <Words text={caption ?? analyzer} />
            </bdi>
          ) : (
            <Status status={status} />
          )}
        </span>
        <span class="tile-line quiet">{formatShortTime(createdAt)}</span>
      </a>
    </li>
  );
}

function Status({ status }: { status: string }) {
  const isBad = status === 'failed' || status === 'rejected';
  const words: Record<string, string> = TEXTS.library.statuses;
  return <span class={isBad ? 'bad' : ''}>{words[status] ?? formatName(status)}</span>;
}

function TilePicture({ tile: { id, thumbnail, type } }: { tile: Tile }) {
  const [url, setUrl] = useState(heldThumbnail(id));
  useEffect(() => {
    if (!thumbnail || url) return;
    const stop = new AbortController();
    const load = () =>
      loadThumbnail(id, thumbnail, stop.signal).then(setUrl, () => {
        // The icon stays.
      });
    const timer = setTimeout(load, STAY_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, thumbnail]);
  return (
    <span class="tile-picture">
      {url ? <img src={url} alt="" decoding="async" /> : <Icon name={iconOf(type)} />}
    </span>
  );
}

function iconOf(type: string): IconName {
  if (type.startsWith('video/')) return 'film';
  if (type.startsWith('audio/')) return 'sound';
  return type === 'application/pdf' ? 'page' : 'picture';
}
