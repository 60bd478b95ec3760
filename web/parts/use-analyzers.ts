import type { AnalyzerSummary } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { client, key } from '../session.ts';

/** What there is to choose from; undefined until it is known. The choice is an extra: what refuses it shows where it counts. */
export function useAnalyzers(): AnalyzerSummary[] | undefined {
  const [all, setAll] = useState<AnalyzerSummary[]>();
  useEffect(() => {
    client.listAnalyzers().then(setAll, () => {});
  }, [key.value]);
  return all;
}
