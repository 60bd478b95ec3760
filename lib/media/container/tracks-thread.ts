import { parentPort, workerData } from 'node:worker_threads';
import {
  ADTS,
  CustomSource,
  EncodedPacketSink,
  FLAC,
  Input,
  type InputAudioTrack,
  type InputFormat,
  type InputTrack,
  type InputVideoTrack,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from 'mediabunny';
import type { Track } from '../../analysis/source.ts';
import type { ContainerType } from '../media-types.ts';
import {
  type ContainerFacts,
  nameKinds,
  type TracksMessage,
  type TracksTask,
} from './track-facts.ts';

// A thread that reads one container, through ranges that it asks its parent for.

const FORMATS: Readonly<Record<ContainerType, InputFormat[]>> = {
  'video/mp4': [MP4, QTFF],
  'video/quicktime': [QTFF, MP4],
  'audio/mp4': [MP4, QTFF],
  'video/webm': [WEBM, MATROSKA],
  'video/x-matroska': [MATROSKA, WEBM],
  'audio/wav': [WAVE],
  'audio/mpeg': [MP3],
  'audio/aac': [ADTS],
  'audio/ogg': [OGG],
  'audio/flac': [FLAC],
  'audio/aiff': [], // formats/aiff.ts reads its tracks
};
/** Characters of a library's words that go into an error's cause. */
const MAX_WORDS = 200;

const { bytes, type }: TracksTask = workerData;
const waiting = new Map<string, (data: Uint8Array) => void>();

parentPort?.on('message', ({ start, end, data }) => {
  waiting.get(`${start}-${end}`)?.(data);
  waiting.delete(`${start}-${end}`);
});

describe().then(
  (answer) => say({ answer }),
  (error: unknown) =>
    say({ failure: error instanceof Error ? error.message.slice(0, MAX_WORDS) : 'unknown' }),
);

function say(message: TracksMessage): void {
  parentPort?.postMessage(message);
}

function read(start: number, end: number): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  waiting.set(`${start}-${end}`, resolve);
  say({ read: { start, end } });
  return promise;
}

async function describe(): Promise<ContainerFacts> {
  const source = new CustomSource({ getSize: () => bytes, read, prefetchProfile: 'fileSystem' });
  const input = new Input({ source, formats: FORMATS[type] });
  const found = (await input.getTracks()).filter(
    (track) => track.isVideoTrack() || track.isAudioTrack(),
  );
  const tracks: Track[] = [];
  for (const track of found) {
    tracks.push(await describeTrack(track));
    // Its last piece has to be there, wherever the tables say that it is.
    await new EncodedPacketSink(track).getPacket(Number.POSITIVE_INFINITY);
  }
  const { raw = {} } = await input.getMetadataTags();
  return { durationSeconds: await measure(input, found), tracks, metadata: nameKinds(raw) };
}

async function measure(input: Input, tracks: InputTrack[]): Promise<number> {
  if (tracks.length === 0) return 0;
  const start = await input.getFirstTimestamp(tracks);
  return (await input.computeDuration(tracks)) - Math.max(0, start);
}

async function describeTrack(track: InputTrack): Promise<Track> {
  const id = await track.getInternalCodecId();
  const codec = (await track.getCodec()) ?? (typeof id === 'string' ? cleanName(id) : 'unknown');
  const language = await track.getLanguageCode();
  const told = { codec, ...(language !== 'und' && { language: cleanName(language) }) };
  return track.isVideoTrack()
    ? { kind: 'video', ...told, ...(await describePictures(track)) }
    : { kind: 'audio', ...told, ...(track.isAudioTrack() && (await describeSound(track))) };
}

async function describePictures(track: InputVideoTrack) {
  const rotation = await track.getRotation();
  const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
  return { width, height, ...(rotation !== 0 && { rotation }) };
}

async function describeSound(track: InputAudioTrack) {
  const [channels, sampleRate] = [await track.getNumberOfChannels(), await track.getSampleRate()];
  return { channels, sampleRate };
}

/** Names come from the file. */
function cleanName(name: string): string {
  return name.replaceAll(/[^\w./-]/g, '').slice(0, 40) || 'unknown';
}
