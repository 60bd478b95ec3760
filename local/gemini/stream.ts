import { ServiceError } from '../../lib/errors.ts';
import { inspectContainer, type StreamFacts } from '../../lib/media/container/container.ts';
import { detectMediaType, SIGNATURE_BYTES } from '../../lib/media/detect.ts';
import { isContainerType } from '../../lib/media/media-types.ts';
import type { Measured, TokenCount } from './measured.ts';
import type { Clip, Media } from './media.ts';
import { refuse } from './refusal.ts';
import { sayMeasured } from './words.ts';

/** Tokens of a video's picture, and of a second of sound: https://ai.google.dev/gemini-api/docs/media-resolution, /audio. */
const FRAME_TOKENS = 70;
const HIGH_FRAME_TOKENS = 280;
const SOUND_TOKENS_PER_SECOND = 32;
/** Pictures of each second that a model is given, unless it is told otherwise. */
const DEFAULT_FPS = 1;
/** Seconds of a part that it tells apart, and how many it makes at most. */
const PART_SECONDS = 30;
const MAX_PARTS = 10;

/** Measures a video or a recording: how long it is, and what is in it. */
export async function measureStream(media: Media): Promise<Measured> {
  const facts = await inspect(media);
  const span = cutSpan(facts, media.clip);
  return { knowledge: describe(facts, span), tokens: count(facts, span, media) };
}

async function inspect({ bytes, read }: Media): Promise<StreamFacts> {
  try {
    const type = detectMediaType(await read(0, SIGNATURE_BYTES));
    if (!isContainerType(type)) throw new ServiceError('type_unsupported');
    return await inspectContainer({ bytes, read, readAll: () => read(0, bytes) }, type);
  } catch (error) {
    if (error instanceof ServiceError) throw refuse(400, 'Unable to process input media.');
    throw error;
  }
}

interface Span {
  start: number;
  end: number;
}

function cutSpan({ durationSeconds }: StreamFacts, clip: Clip = {}): Span {
  const end = Math.min(clip.end ?? durationSeconds, durationSeconds);
  return { start: Math.min(clip.start ?? 0, end), end };
}

function describe({ mediaType, tracks, durationSeconds }: StreamFacts, span: Span) {
  const isVideo = mediaType.startsWith('video/');
  const kind = isVideo ? 'video' : 'recording';
  const hasSound = tracks.some((track) => track.kind === 'audio');
  const contents = tracks.map(({ codec, width, height, channels, sampleRate }) =>
    width ? `${codec}, ${width} × ${height} px` : `${codec}, ${channels} × ${sampleRate} Hz`,
  );
  const caption = `Measured, not understood: a ${kind} of ${durationSeconds.toFixed(1)} s (${contents.join('; ')}).`;
  const parts = listParts(span);
  const title = (index: number) => `Part ${index + 1} of ${parts.length}`;
  // Whether anybody speaks in it, only a listener could tell.
  const text = '[sound, measured and not understood]';
  const spoken = hasSound ? parts.map((part) => ({ ...part, speaker: '', text })) : [];
  return {
    ...sayMeasured(caption),
    summary: [caption],
    tags: [['measured', kind, ...(isVideo && hasSound ? ['with sound'] : [])]],
    chapters: [parts.map((part, index) => ({ ...part, title: title(index), summary: caption }))],
    speech: [spoken],
    segments: [spoken],
  };
}

/** Equal ones, for times that can be looked at. */
function listParts({ start, end }: Span): Span[] {
  const length = Math.max(1, Math.min(MAX_PARTS, Math.ceil((end - start) / PART_SECONDS)));
  const at = (index: number) => start + ((end - start) * index) / length;
  return Array.from({ length }, (_, index) => ({ start: at(index), end: at(index + 1) }));
}

function count({ tracks }: StreamFacts, { start, end }: Span, { level, clip }: Media) {
  const seconds = end - start;
  const perFrame = level === 'MEDIA_RESOLUTION_HIGH' ? HIGH_FRAME_TOKENS : FRAME_TOKENS;
  const frames = Math.ceil(seconds * (clip?.fps ?? DEFAULT_FPS));
  const has = (kind: 'video' | 'audio') => tracks.some((track) => track.kind === kind);
  const tokens: TokenCount[] = [
    { modality: 'VIDEO', tokenCount: has('video') ? frames * perFrame : 0 },
    {
      modality: 'AUDIO',
      tokenCount: has('audio') ? Math.ceil(seconds * SOUND_TOKENS_PER_SECOND) : 0,
    },
  ];
  return tokens.filter(({ tokenCount }) => tokenCount > 0);
}
