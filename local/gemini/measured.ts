import type { GenerateRequest } from './request-schema.ts';
import type { Knowledge } from './words.ts';

/** Tokens by what they stand for, in Google's names. */
export interface TokenCount {
  modality: 'TEXT' | 'IMAGE' | 'VIDEO' | 'AUDIO' | 'DOCUMENT';
  tokenCount: number;
}

/** What was found out about one file of a request. */
export interface Measured {
  knowledge: Knowledge;
  tokens: readonly TokenCount[];
}

/** A request, and what was measured of its files, in order. */
export type Question = GenerateRequest & { measured: readonly Measured[] };
