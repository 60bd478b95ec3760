import type { AnalysisRecord } from '../analysis.ts';
import type { Analyzer } from '../analyzers/analyzer.ts';
import { ServiceError } from '../errors.ts';
import type { MediumName, Source } from '../source.ts';

/** What a client said of how to look at its file. */
type Told = Pick<AnalysisRecord, 'prompt' | 'options' | 'pages' | 'clip'> & {
  source: Pick<Source, 'durationSeconds'>;
};

/** What a record says that is to be asked of the model about its file: all but the file itself. */
export function prepareInquiry(analyzer: Analyzer, record: Told, medium: MediumName) {
  const options = readOptions(analyzer, record);
  const { prompt: question, pages, clip } = record;
  const { durationSeconds } = record.source;
  const told = { question, options, medium, pages, clip, durationSeconds };
  const { mediaResolution, thinkingLevel, maxOutputTokens, models } = analyzer;
  const { parse, ...asked } = analyzer.inquire(told);
  return { request: { ...asked, mediaResolution, thinkingLevel, maxOutputTokens, models }, parse };
}

/** They were checked when they came; only the drop folder can carry none. */
function readOptions(analyzer: Analyzer, { options }: Told): unknown {
  const given = options === undefined ? undefined : JSON.parse(options);
  if (!analyzer.options) return undefined;
  const parsed = analyzer.options.safeParse(given);
  if (parsed.success) return parsed.data;
  const message = `The analyzer ${analyzer.name} needs options, which come with an upload.`;
  throw new ServiceError('request_invalid', message, { cause: parsed.error });
}
