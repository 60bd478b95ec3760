import { createHash } from 'node:crypto';
import { CONTENT_FIELDS, type ContentField, pickFields } from './fields.ts';
import type { AnalysisRecord } from './record.ts';

/** Usage of a cached answer. */
const NO_USAGE = { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 };

type Asked = Pick<
  AnalysisRecord,
  'clientId' | 'analyzer' | 'prompt' | 'options' | 'keep' | ContentField
>;

/**
 * The name of a content in the index: the client, and a digest of all that the answer depends on.
 * Nobody's content has another client's name, whatever the bytes.
 */
export function nameContent(given: Asked, sha256: string): string {
  const { clientId, analyzer, prompt, options, keep } = given;
  const { name, version } = analyzer;
  const fields = pickFields(given, CONTENT_FIELDS);
  const isNarrowed = Object.keys(fields).length > 0;
  const more = [...(keep ? [keep] : []), ...(isNarrowed ? [fields] : [])];
  const asked = JSON.stringify([sha256, name, version, prompt ?? null, options ?? null, ...more]);
  return `${clientId}#${createHash('sha256').update(asked).digest('hex')}`;
}

/** Fields that an analysis copies from the paid one of the same content, without the result. */
export function copyAnswer(holder: AnalysisRecord, own: Pick<AnalysisRecord, 'source' | 'usage'>) {
  const { key, filename, declaredType } = own.source;
  const { caption, model, safety, picture } = holder;
  const source = { ...holder.source, key, filename, declaredType };
  const usage = own.usage ?? NO_USAGE; // of earlier tries, which were paid for
  return { cached: true, source, caption, model, safety, usage, picture };
}
