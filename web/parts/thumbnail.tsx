import type { Analysis } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';
import { loadThumbnail } from './thumbnails.ts';

interface ThumbnailProps {
  /** Of the file itself, where this page has it. */
  file?: string | undefined;
  type: string;
  analysis?: Analysis | undefined;
}

/** A small picture of a file, by itself or by the service; its kind's icon where there is none. */
export function Thumbnail({ file, type, analysis }: ThumbnailProps) {
  const [failed, setFailed] = useState<string>();
  const own = type.startsWith('image/') && file !== failed ? file : undefined;
  const kept = useKeptThumbnail(own ? undefined : analysis);
  const url = own ?? kept;
  const isShown = url && failed !== url;
  return (
    <span class="thumbnail">
      {isShown ? (
        <img src={url} alt="" decoding="async" onError={() => setFailed(url)} />
      ) : (
        <Icon name={iconOf(type)} />
      )}
    </span>
  );
}

function useKeptThumbnail(analysis: Analysis | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  const { id = '', links } = analysis ?? {};
  useEffect(() => {
    if (!links?.thumbnail) return;
    const stop = new AbortController();
    loadThumbnail(id, links.thumbnail, stop.signal).then(setUrl, () => {}); // the icon stays
    return () => stop.abort();
  }, [id, links?.thumbnail === undefined]);
  return url;
}

function iconOf(type: string): IconName {
  if (type.startsWith('video/')) return 'film';
  if (type.startsWith('audio/')) return 'sound';
  return type === 'application/pdf' ? 'page' : 'picture';
}
