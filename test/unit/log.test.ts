import { afterEach, expect, test, vi } from 'vitest';
import { beginInvocation, logger, measureEnd } from '../../lib/log.ts';

function record(): string[] {
  vi.stubEnv('LOG_LEVEL', '');
  vi.stubEnv('SERVICE_NAME', 'sightline-test');
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  return lines;
}
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('a line is one JSON object: who says what, when, in which invocation, about what', () => {
  const lines = record();
  beginInvocation({ awsRequestId: 'request-1' });
  const log = logger.createChild({ persistentKeys: { analysisId: 'a' } });
  log.warn('two\nlines', { ms: 3, code: undefined });
  expect(lines).toEqual([expect.stringMatching(/^\{[^\n]*\}\n$/)]);
  const line = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({ level: 'WARN', message: 'two\nlines', service: 'sightline-test' });
  expect(line).toMatchObject({ analysisId: 'a', ms: 3, function_request_id: 'request-1' });
  expect(Date.parse(line.timestamp)).not.toBeNaN();
  expect(line).not.toHaveProperty('code');
});

test('the end of an analysis is a metric record, each metric with its value', () => {
  const lines = record();
  measureEnd({ status: 'failed', code: 'internal', latencyMs: 12 });
  const { _aws, ...values } = JSON.parse(lines[0] ?? '');
  const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
  expect(Namespace).toBe('Sightline');
  expect(values).toMatchObject({ AnalysisEnded: 1, Latency: 12, CostUsd: 0, code: 'internal' });
  for (const name of [...Dimensions[0], ...Metrics.map(({ Name }: { Name: string }) => Name)])
    expect(values).toHaveProperty(name);
});

test('where lines are not wanted, there are none', () => {
  const lines = record();
  vi.stubEnv('LOG_LEVEL', 'SILENT');
  logger.error('unheard');
  expect(lines).toEqual([]);
});
