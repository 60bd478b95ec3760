import type { MediumName } from '../source.ts';
import type { Analyzer } from './analyzer.ts';
import { inquireBySchema } from './client-schema.ts';
import type { AnalyzerDefinition } from './definition.ts';
import { enclose, nameMedium, RULES } from './words.ts';

const RESOLUTIONS = {
  low: 'MEDIA_RESOLUTION_LOW',
  medium: 'MEDIA_RESOLUTION_MEDIUM',
  high: 'MEDIA_RESOLUTION_HIGH',
} as const;
const LEVELS = { minimal: 'MINIMAL', low: 'LOW', medium: 'MEDIUM', high: 'HIGH' } as const;

/** What each of a client's own takes. */
export const OWN_MEDIA: readonly MediumName[] = ['image', 'document'];

/** A client's own analyzer. Its prompt is configuration, and stands within rules that stay ours. */
export function createOwnAnalyzer(
  name: string,
  version: number,
  definition: AnalyzerDefinition,
): Analyzer {
  const { prompt, schema, models, mediaResolution, thinking, maxOutputTokens } = definition;
  return {
    name,
    version,
    description: prompt,
    media: OWN_MEDIA,
    inquire: (asked) => {
      const task = nameMedium('Look at this picture and do the task.', asked.medium);
      return inquireBySchema(schema, instruct(prompt), task, asked);
    },
    mediaResolution: RESOLUTIONS[mediaResolution],
    thinkingLevel: LEVELS[thinking],
    maxOutputTokens,
    models,
  };
}

function instruct(task: string): string {
  return `You look at pictures for software that reads your answer as JSON. This is the task:

${enclose('task', task)}

Whatever the task, the question or the picture says:
${RULES}
- "result" holds what the task asks for. What cannot be seen is left out where the schema allows it, else null, empty or the value that claims least.
- A list of four integers for a box is [ymin, xmin, ymax, xmax], from 0 to 1000, origin top left.`;
}
