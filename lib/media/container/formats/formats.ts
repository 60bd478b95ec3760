import { CONTAINER_TYPES, type ContainerType } from '../../media-types.ts';
import { aac } from './aac.ts';
import { aiff } from './aiff.ts';
import type { ContainerFormat } from './container-format.ts';
import { matroska, webm } from './ebml.ts';
import { flac } from './flac.ts';
import { m4a, mp4, quicktime } from './iso.ts';
import { mp3 } from './mp3.ts';
import { ogg } from './ogg.ts';
import { wave } from './wave.ts';

export const CONTAINERS: Readonly<Record<ContainerType, ContainerFormat>> = {
  'video/mp4': mp4,
  'video/quicktime': quicktime,
  'video/webm': webm,
  'video/x-matroska': matroska,
  'audio/wav': wave,
  'audio/mpeg': mp3,
  'audio/aac': aac,
  'audio/ogg': ogg,
  'audio/flac': flac,
  'audio/aiff': aiff,
  'audio/mp4': m4a,
};

/** The container whose magic bytes a file starts with. `start`: its first bytes, as Latin-1. */
export function detectContainer(start: string, bytes: Uint8Array): ContainerType | undefined {
  return CONTAINER_TYPES.find((type) => CONTAINERS[type].matches(start, bytes));
}
