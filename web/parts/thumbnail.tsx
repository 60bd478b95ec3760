import { useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

/** A small picture of a file; its kind's icon where the browser cannot show it. */
export function Thumbnail({ url, type = '' }: { url?: string | undefined; type?: string }) {
  const [failed, setFailed] = useState<string>();
  const isShown = url && failed !== url && type.startsWith('image/');
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

function iconOf(type: string): IconName {
  if (type.startsWith('video/')) return 'film';
  if (type.startsWith('audio/')) return 'sound';
  return type === 'application/pdf' ? 'page' : 'picture';
}
