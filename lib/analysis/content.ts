import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Table } from '../aws/table.ts';
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

/** How long an answer is found again by its content, in seconds (90 days). */
const CONTENT_SECONDS = 7_776_000;

/** The content index: which analysis asks, or has asked, the model about a content (lib/analysis/content.ts names them). */
export type Contents = ReturnType<typeof createContents>;

const entry = z.object({ holder: z.string() });

export function createContents(table: Table, TableName: string) {
  const keyOf = (content: string) => ({ TableName, Key: { pk: `content#${content}` } });
  const expiry = () => Math.floor(Date.now() / 1000) + CONTENT_SECONDS;

  return {
    /** Makes the analysis the content's holder where it has none, and answers with the one that it has then. */
    async claim(content: string, id: string): Promise<string> {
      const { Attributes } = await table.update({
        ...keyOf(content),
        UpdateExpression:
          'SET holder = if_not_exists(holder, :id), expiresAt = if_not_exists(expiresAt, :expiry)',
        ExpressionAttributeValues: { ':id': id, ':expiry': expiry() },
        ReturnValues: 'ALL_NEW',
      });
      return entry.parse(Attributes).holder;
    },

    /** Makes the analysis the holder: in the place of the one named, else of whoever it is. False where that one holds it no more. */
    async take(content: string, id: string, from?: string): Promise<boolean> {
      const update = {
        ...keyOf(content),
        UpdateExpression: 'SET holder = :id, expiresAt = :expiry',
        ...(from && { ConditionExpression: 'holder = :from' }),
        ExpressionAttributeValues: {
          ':id': id,
          ':expiry': expiry(),
          ...(from && { ':from': from }),
        },
      };
      return table.updateOnce(update, (item) => item?.holder === id);
    },

    async find(content: string): Promise<string | undefined> {
      const { Item } = await table.get({ ...keyOf(content), ConsistentRead: true });
      return Item && entry.parse(Item).holder;
    },

    /** Removes the entry if the analysis is its holder, and says whether it was. */
    async forget(content: string, id: string): Promise<boolean> {
      return table.deleteOnce({
        ...keyOf(content),
        ConditionExpression: 'holder = :id',
        ExpressionAttributeValues: { ':id': id },
      });
    },
  };
}
