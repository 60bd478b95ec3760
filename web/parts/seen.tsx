import { useSignal } from '@preact/signals';
import type { Analysis } from '@sightline/client';
import { useMemo } from 'preact/hooks';
import { findBoxes } from '../boxes.ts';
import { spellName } from '../names.ts';
import { TEXTS } from '../texts.ts';
import { listTracks } from '../timed.ts';
import { Found } from './found.tsx';
import { Picture } from './picture.tsx';
import { Player } from './player.tsx';

interface SeenProps {
  analysis: Analysis;
  url: string | undefined;
  caption: string;
}

/** The file itself, with what was found in it at its place: boxes in a picture, moments in a video or a sound. */
export function Seen({ analysis, url, caption }: SeenProps) {
  const { source, links } = analysis;
  const kind = source.mediaType?.split('/')[0];
  if (kind === 'video' || kind === 'audio')
    return (
      <Player
        url={url ?? links.file}
        isVideo={kind === 'video'}
        poster={links.picture}
        name={spellName(source.filename)}
        tracks={listTracks(analysis.result ?? {})}
      />
    );
  const isPicture = kind === 'image';
  const isDocument = source.mediaType === 'application/pdf';
  const urls = [isPicture ? url : undefined, links.picture].filter((one) => one !== undefined);
  return (
    <>
      {(isPicture || urls.length > 0) && (
        <SeenPicture analysis={analysis} urls={urls} caption={caption} />
      )}
      {isDocument && links.file && (
        <a class="plain download" href={links.file} download>
          {TEXTS.result.download}
        </a>
      )}
    </>
  );
}

function SeenPicture(props: { analysis: Analysis; urls: string[]; caption: string }) {
  const { analysis, urls, caption } = props;
  // Of a document the first page is shown, and nobody knows which one a box is of.
  const isPicture = analysis.source.mediaType?.startsWith('image/');
  const boxes = useMemo(() => (isPicture ? findBoxes(analysis.result) : []), [analysis.id]);
  const pointed = useSignal<number | undefined>(undefined);
  return (
    <>
      <Picture urls={urls} alt={caption} source={analysis.source} boxes={boxes} pointed={pointed} />
      <Found boxes={boxes} pointed={pointed} />
    </>
  );
}
