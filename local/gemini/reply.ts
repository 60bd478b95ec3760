import { randomBytes } from 'node:crypto';
import type { GenerateRequest } from './request-schema.ts';
import type { Usage } from './usage.ts';

/** Stands in every record, so that nobody takes a measurement for a model's word. */
const STAND_IN_MODEL = 'sightline-stand-in';

export interface Reply {
  /** HTTP status. */
  status: number;
  contentType: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

interface Candidate {
  content: { parts?: { text: string; thought?: true }[]; role?: 'model' };
  finishReason: string;
  index: 0;
}

/** A whole answer of generateContent. */
interface GenerateResponse {
  candidates?: Candidate[];
  promptFeedback?: { blockReason: string };
  usageMetadata: Usage | Omit<Usage, 'candidatesTokenCount'>;
  modelVersion: string;
  responseId: string;
}

export function createJsonReply(status: number, value: unknown): Reply {
  return { status, contentType: 'application/json; charset=UTF-8', body: JSON.stringify(value) };
}

/** A candidate that says `text`, or with an empty `content` where there is none, as Google sends it. */
export function createCandidate(text: string | undefined, finishReason: string): Candidate {
  const content = text === undefined ? {} : { parts: [{ text }], role: 'model' as const };
  return { content, finishReason, index: 0 };
}

export function createResponse(
  usageMetadata: GenerateResponse['usageMetadata'],
  rest: Pick<GenerateResponse, 'candidates' | 'promptFeedback'>,
  modelVersion = STAND_IN_MODEL,
): GenerateResponse {
  return {
    ...rest,
    usageMetadata,
    modelVersion,
    responseId: randomBytes(12).toString('base64url'),
  };
}

/** The most that a request lets a model say, thinking included; Google's default where it sets none. */
export function maxOutputTokensOf(request: GenerateRequest): number {
  return request.generationConfig?.maxOutputTokens ?? 65_536;
}
