import * as z from 'zod/mini';
import { isAnalysisId } from '../analysis-id.ts';

/** A cursor is the id to go on after, wrapped so that nobody builds on what it holds. */
export const cursor = z
  .pipe(
    z.string(),
    z.transform((text) => Buffer.from(text, 'base64url').toString()),
  )
  .check(z.refine(isAnalysisId, 'is not a cursor of this list'));

export function formatCursor(id: string | undefined): string | null {
  return id === undefined ? null : Buffer.from(id).toString('base64url');
}
