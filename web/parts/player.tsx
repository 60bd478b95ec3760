import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatMoment } from '../format.ts';
import { TEXTS } from '../texts.ts';
import type { Moment, Track } from '../timed.ts';
import { Icon } from './icon.tsx';
import { Words } from './words.tsx';

interface PlayerProps {
  /** Of the file, where this page may play it. */
  url: string | undefined;
  isVideo: boolean;
  /** Shown until it plays. */
  poster?: string | undefined;
  name: string;
  tracks: Track[];
}

/** A video or a sound with all that is told of its moments: times seek, and what is playing is marked. */
export function Player({ url: given, isVideo, poster, name, tracks }: PlayerProps) {
  const isGone = useSignal(false); // files are kept for a time, and links are good for one
  const url = isGone.value ? undefined : given;
  const media = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const time = useSignal(-1);
  const seek = url ? (seconds: number) => play(media, seconds) : undefined;
  const common = {
    ref: media,
    src: url,
    controls: true,
    preload: 'metadata' as const,
    'aria-label': name,
    onError: () => {
      isGone.value = true;
    },
    onTimeUpdate: () => {
      time.value = media.current?.currentTime ?? -1;
    },
  };
  return (
    <>
      {!url && (
        <div class="placeholder">
          <Icon name={isVideo ? 'film' : 'sound'} />
          <p class="quiet">{given ? TEXTS.result.unplayable : TEXTS.result.elsewhere}</p>
        </div>
      )}
      {url && (isVideo ? <video {...common} poster={poster} playsInline /> : <audio {...common} />)}
      {tracks.map((track) => (
        <TrackList key={track.name} track={track} time={time} seek={seek} />
      ))}
    </>
  );
}

function play(media: RefObject<HTMLMediaElement | null>, seconds: number): void {
  if (!media.current) return;
  media.current.currentTime = seconds;
  media.current.play().catch(() => {}); // where the browser wants another press of a button first
}

interface TrackListProps {
  track: Track;
  time: Signal<number>;
  seek: ((seconds: number) => void) | undefined;
}

function TrackList({ track, time, seek }: TrackListProps) {
  const list = useRef<HTMLOListElement>(null);
  const { name, moments } = track;
  const now = moments.findIndex(({ start, end }) => time.value >= start && time.value < end);
  useEffect(() => {
    const line = list.current?.children[now];
    if (now < 0 || !list.current || !(line instanceof HTMLElement)) return;
    list.current.scrollTop = line.offsetTop - list.current.clientHeight / 3;
  }, [now]);
  return (
    <details open={name === 'chapters' || name === 'transcript'}>
      <summary>
        {TEXTS.tracks[name]} <span class="quiet">({moments.length})</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <ol class="moments" ref={list} tabIndex={0} aria-label={TEXTS.tracks[name]}>
        {moments.map((moment, index) => (
          <li key={`${moment.start}${index}`} aria-current={index === now ? 'time' : undefined}>
            <Time moment={moment} seek={seek} />
            <p dir="auto">
              <strong>
                {moment.detail && name === 'transcript' && <Words text={`${moment.detail}: `} />}
              </strong>
              <Words text={moment.title} />
              {moment.detail && name !== 'transcript' && (
                <span class="quiet">
                  {' '}
                  <Words text={moment.detail} />
                </span>
              )}
            </p>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Time({ moment, seek }: { moment: Moment; seek: TrackListProps['seek'] }) {
  const words = formatMoment(moment.start);
  if (!seek) return <span class="amount quiet">{words}</span>;
  return (
    <button
      type="button"
      class="plain amount"
      aria-label={TEXTS.tracks.playFrom(words)}
      onClick={() => seek(moment.start)}
    >
      {words}
    </button>
  );
}
