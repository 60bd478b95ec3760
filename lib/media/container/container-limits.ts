/** The longest video that is taken, in seconds (3 hours): what fits into a model's million tokens at one picture a second. */
export const MAX_VIDEO_SECONDS = 10_800;
/** The longest recording, in seconds (9.5 hours): the most that a model takes. */
export const MAX_AUDIO_SECONDS = 34_200;
/** Samples a second (100 MHz): the finest recordings have 45 MHz. A container's own field holds up to 1e308. */
export const MAX_SAMPLE_RATE = 100_000_000;
/** Tracks of a container: films with a sound track for each of two dozen languages have fewer. */
export const MAX_TRACKS = 64;

/** Bytes that may be read to learn what is in a container (256 MiB): as much as the largest recording without an index has. */
export const MAX_CONTAINER_READ_BYTES = 268_435_456;
/** Reads of the store for that: each takes some 20 ms. */
export const MAX_CONTAINER_READS = 1_000;
/** Time for that: of the processor, and of the clock, for the store may be slow; in seconds. */
export const CONTAINER_CPU_SECONDS = 5;
export const CONTAINER_SECONDS = 20;
/** Heap of the thread that does it, in MiB: the tables of the longest video have some 100. */
export const CONTAINER_HEAP_MEGABYTES = 256;

/** Bytes read at once where fewer are asked for: headers stand close to one another. */
export const WINDOW_BYTES = 262_144;
/** Boxes, or elements, of one container that are looked at: an hour of a browser's own recording has 300,000. */
export const MAX_ELEMENTS = 1_500_000;
/** Bytes of the index of an MP4 (64 MiB): 24 hours of sound and pictures have some 40. */
export const MAX_INDEX_BYTES = 67_108_864;
/** Bytes of a file's end that are searched for its last page, frame or cluster (4 MiB). */
export const TAIL_BYTES = 4_194_304;
