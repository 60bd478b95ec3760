import type { ErrorCode } from './errors.ts';

type Fields = Record<string, unknown>;
type Write = (message: string, fields?: Fields) => void;

export interface Logger {
  info: Write;
  warn: Write;
  error: Write;
  /** One whose lines hold these as well. */
  createChild(given: { persistentKeys: Fields }): Logger;
}

/** Fields of the current invocation, added to every line. */
let invocation: Fields = {};
let isFirst = true;

/** To be called as an invocation begins: its lines are found by its id. */
export function beginInvocation({ awsRequestId }: { awsRequestId: string }): void {
  invocation = { function_request_id: awsRequestId, cold_start: isFirst };
  isFirst = false;
}

/** JSON lines. Never give it a key, a signed URL, a header, a body or what a file holds. */
export const logger = createLogger({});

function createLogger(kept: Fields): Logger {
  const writer =
    (level: string): Write =>
    (message, fields) =>
      writeLine({ level, message, timestamp: now(), ...invocation, ...kept, ...fields });
  return {
    info: writer('INFO'),
    warn: writer('WARN'),
    error: writer('ERROR'),
    createChild: ({ persistentKeys }) => createLogger({ ...kept, ...persistentKeys }),
  };
}

const now = () => new Date().toISOString();

function writeLine(line: Fields): void {
  const { SERVICE_NAME: service, LOG_LEVEL } = process.env;
  if (LOG_LEVEL !== 'SILENT') process.stdout.write(`${JSON.stringify({ ...line, service })}\n`);
}

export interface EndOfAnalysis {
  status: 'succeeded' | 'failed' | 'rejected';
  code?: ErrorCode | undefined;
  model?: string | undefined;
  /** From the first claim to the end, in milliseconds. */
  latencyMs: number;
  costUsd?: number | undefined;
}

const METRICS = [
  { Name: 'AnalysisEnded', Unit: 'Count' },
  { Name: 'Latency', Unit: 'Milliseconds' },
  { Name: 'CostUsd', Unit: 'None' },
];

/**
 * One metric record per end state: a log line, no call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function measureEnd({ status, code, model, latencyMs, costUsd = 0 }: EndOfAnalysis): void {
  const directive = {
    Namespace: 'Sightline',
    Dimensions: [['service', 'status']],
    Metrics: METRICS,
  };
  writeLine({
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] },
    status,
    AnalysisEnded: 1,
    Latency: latencyMs,
    CostUsd: costUsd,
    code,
    model,
  });
}
