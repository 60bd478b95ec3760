import type { AnalysisRecord } from '../analysis/record.ts';
import type { MediumName, Source } from '../analysis/source.ts';
import type { Analyzer } from '../analyzers/analyzer.ts';
import { ServiceError } from '../errors.ts';
import { spentOf, sumUsage } from '../model/meter.ts';
import type { Model, ModelAnswer, ModelRequest } from '../model/model.ts';
import type { HeldAnalysis } from './settle.ts';

/** The client's wishes about how its file is looked at. */
type Told = Pick<AnalysisRecord, 'prompt' | 'options' | 'pages' | 'clip'> & {
  source: Pick<Source, 'durationSeconds'>;
};

/** The question that a record asks about its file, without the file. */
export function prepareQuestion(analyzer: Analyzer, record: Told, medium: MediumName) {
  const options = readOptions(analyzer, record);
  const { prompt, pages, clip } = record;
  const { durationSeconds } = record.source;
  const told = { question: prompt, options, medium, pages, clip, durationSeconds };
  const { mediaResolution, thinking, maxOutputTokens, models } = analyzer;
  const { parse, ...question } = analyzer.createQuestion(told);
  return { request: { ...question, mediaResolution, thinking, maxOutputTokens, models }, parse };
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
 * no answer came of it. Throws what Model.ask throws. `deadline` in epoch milliseconds.
 */
export async function askModel<T>(
  model: Model,
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
    const answer = await model.ask(request, parse, options);
    lease.note({ usage: sumUsage(record.usage, answer.usage) });
    return answer;
  } catch (error) {
    const spent = spentOf(error);
    if (spent) lease.note({ usage: sumUsage(record.usage, spent) });
    throw 'uri' in request.media ? withoutBlame(error) : error;
  }
}

/**
 * A provider may answer for a file that is gone as for a bad key. The next try finds out: the file is sent
 * again, and a bad key is refused there.
 */
function withoutBlame(error: unknown): unknown {
  const isRefused = error instanceof ServiceError && error.code === 'model_auth_failed';
  return isRefused
    ? new ServiceError('model_unavailable', undefined, { cause: error.cause })
    : error;
}
