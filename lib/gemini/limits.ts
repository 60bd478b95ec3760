/** Time for one call, in milliseconds: longer than a slow answer, shorter than a hang is worth. */
export const CALL_TIMEOUT_MS = 60_000;

/** Calls of the first model for one answer, where it is overloaded or cannot be reached; a fallback has one. */
export const TRIES_OF_FIRST_MODEL = 2;

/** Calls for one answer in all, whatever goes wrong with them. */
export const MAX_CALLS_PER_ASK = 8;

/** Longest first backoff, and longest of any, in milliseconds. */
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 8_000;

/** Longest pause that is slept through on paid time, in milliseconds: beyond it the queue does the waiting. */
export const MAX_SLEEP_MS = 5_000;

/** Failures in a row after which a model is left alone. */
export const FAILURES_BEFORE_PAUSE = 4;
/** How long at first, and at most, with a doubling for each failure more; in milliseconds. */
export const FIRST_PAUSE_MS = 30_000;
export const MAX_PAUSE_MS = 300_000;
/** How long a model is left alone that is gone, or whose day's quota is used up, in seconds: both may be mended. */
export const GONE_PAUSE_SECONDS = 60;
export const DAILY_QUOTA_PAUSE_SECONDS = 3_600;

/** Bytes of an answer; 65,536 tokens, the most a model writes, are about 300 KB. */
export const MAX_ANSWER_BYTES = 4_194_304;

/** Bytes of the media that are turned into base64 at once; a multiple of 3, so that the pieces join. */
export const MEDIA_CHUNK_BYTES = 196_608;

/** Output tokens, thinking included, unless the request says otherwise. */
export const MAX_OUTPUT_TOKENS = 8_192;
/** What the second try gets where thinking has eaten the first one's, and the most a model takes. */
export const ENLARGED_OUTPUT_FACTOR = 4;
export const MAX_ENLARGED_OUTPUT_TOKENS = 65_536;

/** Characters of the model's or the parser's words that go into an error's cause. */
export const MAX_QUOTED_LENGTH = 300;
/** Bytes of what is said to the model about an answer that could not be used. */
export const MAX_REPAIR_BYTES = 2_000;

/** Characters of the name that a model gives itself: a longer one is none, and goes into no record. */
export const MAX_MODEL_NAME_CHARACTERS = 200;

/** Tokens of one call that a model is believed: ten times what any of them takes and writes. */
export const MAX_BELIEVED_TOKENS = 20_000_000;

/** How long before its last day a model is warned of, in days. */
export const MODEL_END_NOTICE_DAYS = 60;

/** The longest delay that a model is believed, in seconds (a day): no quota lasts longer, and nobody would ask it again. */
export const MAX_DELAY_SECONDS = 86_400;

/** Bytes of a file that are sent at once, as Google's own clients do; a multiple of what its server asks for. */
export const FILE_PIECE_BYTES = 8_388_608;
/** The largest piece that a server may ask for, in bytes: two of them are in memory. */
export const MAX_FILE_PIECE_BYTES = 33_554_432;
/** Tries of one piece, each after the server was asked how much it has. */
export const TRIES_OF_FILE_PIECE = 4;
/** Tries of every other call about a file. */
export const TRIES_OF_FILE_CALL = 3;
