import type { IncomingMessage } from 'node:http';
import { releaseBytes } from '../release-bytes.ts';

/** An answer's body as far as it has come. */
export interface Received {
  /** Reads on until so many bytes are here, or all there are. */
  until(bytes: number): Promise<void>;
  /** What is here. */
  held(): Uint8Array;
  /** Makes room for so many bytes in all. */
  reserve(bytes: number): void;
  /** Lets go of the connection. */
  close(): void;
}

/**
 * Into memory of a size that is known: pieces that are put together take it twice. By listeners: an
 * iterator of streams makes a promise for each piece.
 */
export function receive(source: IncomingMessage, firstBytes: number): Received {
  let memory = Buffer.allocUnsafeSlow(firstBytes);
  let [filled, wanted] = [0, 0];
  let isOver = false;
  let failure: Error | undefined;
  let tell: () => void = () => undefined;

  function reserve(bytes: number): void {
    if (bytes <= memory.length) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    memory.copy(larger, 0, 0, filled);
    memory = larger;
  }

  function take(chunk: Buffer): void {
    reserve(filled + chunk.length);
    filled += chunk.copy(memory, filled);
    releaseBytes(chunk); // what waits for the collector to be freed brings it on
    if (filled < wanted) return;
    source.pause();
    tell();
  }

  function end(error?: Error): void {
    isOver = true;
    failure ??= error;
    tell();
  }

  // Where nobody reads at the moment, an error would end the process.
  source.on('error', end).on('end', end);
  source.on('close', () => end(source.readableEnded ? undefined : new Error('It was let go of.')));
  source.pause().on('data', take);

  return {
    async until(bytes) {
      wanted = bytes;
      if (filled < bytes && !isOver) {
        await new Promise<void>((resolve) => {
          tell = resolve;
          source.resume();
        });
      }
      if (failure && filled < bytes) throw failure;
    },
    held: () => memory.subarray(0, filled),
    reserve,
    close: () => source.destroy(),
  };
}
