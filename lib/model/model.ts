import type { Usage } from '../analysis/record.ts';
import type { Clip, MediumName, Source } from '../analysis/source.ts';
import type { Meter } from './meter.ts';

// The contract between those who ask a model and the provider that answers. A provider translates it into its
// own words, which stay in its room.

/** How closely a model looks at pictures, from the least to the most: billed as input. */
export const RESOLUTIONS = ['low', 'medium', 'high'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** How much a model thinks before it answers, from the least to the most: billed as output. */
export const THINKING = ['minimal', 'low', 'medium', 'high'] as const;
export type Thinking = (typeof THINKING)[number];

/** The words of a question, without the file that it is about. */
export interface Question {
  /** The service's own words, apart from the file and the client's words. */
  instructions: string;
  prompt: string;
  /** The JSON Schema of the answer. */
  answerSchema: object;
}

/** How a model is to answer. A provider takes the nearest level where a model does not have the wanted one. */
export interface AnswerSettings {
  mediaResolution?: Resolution | undefined;
  /** `low` unless given: boxes get worse with more of it, and it is paid for. */
  thinking?: Thinking | undefined;
  /** Thinking included. */
  maxOutputTokens?: number | undefined;
  /** In order, in place of the stage's. */
  models?: readonly string[] | undefined;
}

/** A file as far as its tokens depend on it; durations in seconds. */
export interface Measures
  extends Pick<Source, 'pages' | 'pageRange' | 'durationSeconds' | 'tracks'> {
  medium: MediumName;
}

/** The file: in the request itself, or stored at the provider before. */
export type Media = {
  mediaType: string;
  /** The part to look at. */
  clip?: Clip | undefined;
  /** What it is billed by; left out: as a picture that is looked at most closely. */
  measures?: Measures | undefined;
} & ({ bytes: Uint8Array } | { uri: string });

export interface ModelRequest extends Question, AnswerSettings {
  media: Media;
}

interface AskOptions {
  signal: AbortSignal;
  /** Epoch milliseconds: no call and no sleep goes past it. */
  deadline: number;
  /** Whether the analysis was tried before: then what other instances know of the models counts, too. */
  isRetry?: boolean | undefined;
  meter?: Meter | undefined;
}

export interface ModelAnswer<T> {
  value: T;
  /** The model that answered, by its own word. */
  model: string;
  /** Of all calls together, unusable answers included. */
  usage: Usage;
}

export interface Model {
  /**
   * A checked answer about one file; `parse` throws a ZodError where it is not what was asked for. Throws
   * `model_auth_failed`, `model_request_refused`, `model_output_invalid`, `content_blocked`, and the
   * retryable `model_unavailable` and `model_rate_limited`, with `retryAfterSeconds` where a delay is known.
   * What it cost until then: `spentOf(error)`.
   */
  ask<T>(
    request: ModelRequest,
    parse: (json: unknown) => T,
    options: AskOptions,
  ): Promise<ModelAnswer<T>>;
}

/** A request that was not sent, as far as its price depends on it. */
export interface PricedRequest extends Question {
  media: { clip?: Clip | undefined; measures: Measures };
  mediaResolution: Resolution;
  maxOutputTokens: number;
}

/** The price of one call that was not made. */
export interface CallPrice {
  mediaTokens: number;
  inputTokens: number;
  /** For the input alone; undefined where the model's price is not known. */
  inputUsd: number | undefined;
  /** For the longest answer, too. */
  mostUsd: number;
}
