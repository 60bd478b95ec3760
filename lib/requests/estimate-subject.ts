import * as z from 'zod/mini';
import {
  ESTIMATE_FIELDS,
  type EstimateField,
  estimateShape,
  pickFields,
} from '../analysis/fields.ts';
import type { AnalysisRecord } from '../analysis/record.ts';
import { type Analyses, readOwn } from '../analysis/record-store.ts';
import { type MediumName, MIN_SECONDS, type Pages } from '../analysis/source.ts';
import { ServiceError } from '../errors.ts';
import { mediumOf } from '../media/claimed-type.ts';
import { MAX_DOCUMENT_PAGES } from '../media/document/document-limits.ts';
import type { Measures } from '../model/model.ts';
import { analyzerFields } from './choose-analyzer.ts';

/** The longest recording that may be named, in seconds (a day): none that is taken comes near it. */
const MAX_DURATION_SECONDS = 86_400;
const MAX_ID_CHARACTERS = 100;

/** A file as far as its price depends on it. */
const measuredSource = z.strictObject({
  mediaType: z
    .string()
    .check(
      z.regex(
        /^((image|video|audio)\/[\w.+-]{1,64}|application\/pdf)$/i,
        'is no type that is taken',
      ),
    ),
  pages: z
    .optional(z.int().check(z.minimum(1), z.maximum(MAX_DOCUMENT_PAGES)))
    .check(z.describe('Of a document')),
  durationSeconds: z
    .optional(z.number().check(z.minimum(MIN_SECONDS), z.maximum(MAX_DURATION_SECONDS)))
    .check(z.describe('Of a video or a recording')),
  hasSound: z.optional(z.boolean()).check(z.describe('Of a video; left out: it has')),
});

/** `POST /v1/estimates`: a file that is told of, or one that was uploaded. */
export const estimateRequest = z
  .strictObject({
    source: z.optional(measuredSource),
    analysisId: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_ID_CHARACTERS))),
    ...analyzerFields,
    ...estimateShape,
  })
  .check(
    z.refine(
      ({ source, analysisId }) => (source === undefined) !== (analysisId === undefined),
      'needs either `source` or `analysisId`',
    ),
  );
export type EstimateRequest = z.output<typeof estimateRequest>;

/** What is to be priced: a file's measures, and what would be asked about it. */
export interface Subject extends Pick<EstimateRequest, 'analyzer' | 'options' | EstimateField> {
  mediaType: string;
  medium: MediumName;
  measures: Omit<Measures, 'medium'>;
}

/** @throws ServiceError `request_invalid`, `analysis_not_found` */
export async function describeSubject(
  analyses: Pick<Analyses, 'read'>,
  clientId: string,
  { source, analysisId, ...asked }: EstimateRequest,
): Promise<Subject> {
  const subject = source
    ? describeTold(source)
    : describeKnown(await readOwn(analyses, clientId, analysisId ?? ''), asked.analyzer);
  return narrow({ ...subject, ...asked });
}

type File = Pick<Subject, 'mediaType' | 'medium' | 'measures'>;

function describeTold(source: z.output<typeof measuredSource>): File {
  const { mediaType, hasSound = true, ...measures } = source;
  const medium = mediumOf(mediaType);
  const isKnown = {
    image: true,
    document: measures.pages !== undefined,
    video: measures.durationSeconds !== undefined,
    audio: measures.durationSeconds !== undefined,
  }[medium];
  if (!isKnown) {
    const path = `body.source.${medium === 'document' ? 'pages' : 'durationSeconds'}`;
    const fields = [{ path, message: `is needed: the price of ${mediaType} depends on it` }];
    const message = '`source` needs `pages` (documents) or `durationSeconds` (audio, video).';
    throw new ServiceError('request_invalid', message, { fields });
  }
  return { mediaType, medium, measures: { ...measures, ...(!hasSound && { tracks: [] }) } };
}

/** An analysis as it was asked for; with another analyzer, without the options that were the first one's. */
function describeKnown(record: AnalysisRecord, otherAnalyzer: string | undefined) {
  const { mediaType, pages: count, durationSeconds, tracks } = record.source;
  if (!mediaType) {
    const message = 'The file has not been uploaded or inspected yet: its type is unknown.';
    throw new ServiceError('request_invalid', message);
  }
  const { analyzer, options } = record;
  const isSame = otherAnalyzer === undefined;
  return {
    mediaType,
    medium: mediumOf(mediaType),
    measures: { pages: count, durationSeconds, tracks },
    analyzer: `${analyzer.name}@${analyzer.version}`,
    ...(isSame && options !== undefined && { options: JSON.parse(options) }),
    ...pickFields(record, ESTIMATE_FIELDS),
  };
}

/** Only the pages that are asked about count; what there is none of is refused here as it is there. */
function narrow(subject: Subject): Subject {
  const { medium, pages: range, measures } = subject;
  const { durationSeconds } = measures;
  if (durationSeconds !== undefined && (subject.clip?.start ?? 0) >= durationSeconds)
    throw new ServiceError(
      'request_invalid',
      `\`clip.start\` is beyond the end of the file, which lasts ${durationSeconds} seconds.`,
    );
  if (medium !== 'document' || !range) return subject;
  const pageRange: Pages = { ...range, last: Math.min(range.last, measures.pages ?? range.last) };
  if (pageRange.first > pageRange.last)
    throw new ServiceError(
      'request_invalid',
      `\`pages.first\` is beyond the last page: the document has ${measures.pages}.`,
    );
  return { ...subject, measures: { ...measures, pageRange } };
}
