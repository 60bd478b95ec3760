import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { EndStatus } from './analysis.ts';
import type { ErrorCode } from './errors.ts';

/** JSON lines. Never give it a key, a signed URL, a header, a body or what a file holds. */
export const logger = new Logger();

const metrics = new Metrics();

export interface EndOfAnalysis {
  status: EndStatus;
  code?: ErrorCode | undefined;
  model?: string | undefined;
  /** From the first claim to the end, in milliseconds. */
  latencyMs: number;
  costUsd?: number | undefined;
}

/** One metric record per end state, in CloudWatch's embedded format: a log line, no call. */
export function measureEnd(end: EndOfAnalysis): void {
  metrics.addDimension('status', end.status);
  if (end.code) metrics.addMetadata('code', end.code);
  if (end.model) metrics.addMetadata('model', end.model);
  metrics.addMetric('AnalysisEnded', MetricUnit.Count, 1);
  metrics.addMetric('Latency', MetricUnit.Milliseconds, end.latencyMs);
  metrics.addMetric('CostUsd', MetricUnit.NoUnit, end.costUsd ?? 0);
  metrics.publishStoredMetrics();
}
