import { findModel, hasEnded } from '../../lib/gemini/models.ts';

/** The defaults of GEMINI_MODELS. */
export const DEFAULT_MODELS = [
  'gemini-3.8-flash',
  'gemini-3.5-flash-lite',
  'gemini-3.1-flash-lite',
] as const;

/** Whether its last day is over and no other model answers calls of its name. `at` in epoch milliseconds. */
export function isGone(name: string, at: number): boolean {
  const row = findModel(name);
  return row !== undefined && hasEnded(row, at) && row.isAnsweredFor !== true;
}

/** A model as models.get and models.list show it. */
export function describeModel(name: string): Record<string, unknown> {
  return {
    name: `models/${name}`,
    version: name.replace(/^gemini-/, ''),
    displayName: `${name} (stand-in)`,
    description: 'Sightline’s stand-in: measures pixels and understands nothing.',
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent'],
  };
}
