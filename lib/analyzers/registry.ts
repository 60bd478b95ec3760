import type { Analyzer } from './analyzer.ts';
import { describe } from './describe.ts';

const ANALYZERS: readonly Analyzer[] = [describe];

/** The analyzer of that name, in its newest version. */
export function findAnalyzer(name: string): Analyzer | undefined {
  return ANALYZERS.find((analyzer) => analyzer.name === name);
}
