import type { AnalysisRecord } from '../analysis/record.ts';
import type { MediumName, Source } from '../analysis/source.ts';
import type { Analyzer } from '../analyzers/analyzer.ts';
import { ServiceError } from '../errors.ts';
import type { Gemini, ModelAnswer } from '../gemini/client.ts';
import type { ModelRequest } from '../gemini/request.ts';
import { spentOf, sumUsage } from '../gemini/tally.ts';
import type { HeldAnalysis } from './settle.ts';

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

/**
 * Asks the model, and notes in the record what that cost, with what earlier tries have cost: also where
 * no answer came of it. Throws what Gemini.ask throws. `deadline` in epoch milliseconds.
 */
export async function askModel<T>(
  gemini: Gemini,
  { record, lease, reservation }: HeldAnalysis,
  request: ModelRequest,
  parse: (json: unknown) => T,
  deadline: number,
): Promise<ModelAnswer<T>> {
  try {
    const { attempts, pausedTries = 0, waits = 0 } = record;
    const isRetry = attempts + pausedTries + waits > 1; // one that waited did so for a model in trouble
    const { signal } = lease;
    const options = { signal, deadline, isRetry, meter: reservation.meter };
    const answer = await gemini.ask(request, parse, options);
    lease.note({ usage: sumUsage(record.usage, answer.usage) });
    return answer;
  } catch (error) {
    const spent = spentOf(error);
    if (spent) lease.note({ usage: sumUsage(record.usage, spent) });
    throw 'uri' in request.media ? withoutBlame(error) : error;
  }
}

/**
 * Of a file that is gone Gemini says what it says of a bad key. The next try looks: a file is sent again,
 * and a bad key is refused there.
 */
function withoutBlame(error: unknown): unknown {
  const isRefused = error instanceof ServiceError && error.code === 'model_auth_failed';
  return isRefused
    ? new ServiceError('model_unavailable', undefined, { cause: error.cause })
    : error;
}
