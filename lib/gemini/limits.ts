/** Time for one call, in milliseconds: longer than a slow answer, shorter than a hang is worth. */
export const CALL_TIMEOUT_MS = 60_000;

/** Calls of one model for one answer, where it is overloaded or cannot be reached. */
export const TRIES_PER_MODEL = 3;

/** Longest first backoff, and longest of any, in milliseconds. */
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 8_000;

/** Bytes of an answer; 65,536 tokens, the most a model writes, are about 300 KB. */
export const MAX_ANSWER_BYTES = 4_194_304;

/** Output tokens, thinking included, unless the request says otherwise. */
export const MAX_OUTPUT_TOKENS = 8_192;
/** What the second try gets where thinking has eaten the first one's, and the most a model takes. */
export const ENLARGED_OUTPUT_FACTOR = 4;
export const MAX_ENLARGED_OUTPUT_TOKENS = 65_536;

/** Characters of the model's or the parser's words that go into an error's cause. */
export const MAX_QUOTED_LENGTH = 300;
/** Bytes of what is said to the model about an answer that could not be used. */
export const MAX_REPAIR_BYTES = 2_000;
