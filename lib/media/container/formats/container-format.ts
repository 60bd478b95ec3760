import type { StreamType } from '../../media-types.ts';
import type { CountedFile } from '../counted-file.ts';
import type { ContainerFacts } from '../track-facts.ts';

/** All that is known of one container of videos or recordings, but for the reader of its tracks (tracks-thread.ts). */
export interface ContainerFormat {
  /** The magic bytes. `start`: the first bytes of the file, as Latin-1; `bytes`: the same and what else is at hand. */
  matches(start: string, bytes: Uint8Array): boolean;
  /**
   * Checks that the file ends where it says, as far as that can be known: a reader of tracks passes over what is
   * missing. @throws ServiceError `file_malformed`, `file_too_complex`, `type_unsupported`
   */
  checkEnd(file: CountedFile): Promise<void>;
  /** Reads the tracks where no thread has to. */
  readTracks?(file: CountedFile): Promise<ContainerFacts>;
  /** The type by its tracks: a video without pictures is a recording. @throws ServiceError `type_unsupported` */
  chooseType(facts: ContainerFacts): StreamType;
}

export function hasPictures({ tracks }: ContainerFacts): boolean {
  return tracks.some(({ kind }) => kind === 'video');
}
