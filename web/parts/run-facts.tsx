import type { Analysis, Usage } from '@sightline/client';
import {
  formatBytes,
  formatCost,
  formatDuration,
  formatMoment,
  formatName,
  formatTime,
} from '../format.ts';
import { spellName } from '../names.ts';
import { TEXTS } from '../texts.ts';
import { STEPS } from '../uploads/upload.ts';
import { Facts } from './facts.tsx';
import { describeValue } from './value.tsx';
import { Words } from './words.tsx';

/** The file, the model, and what it took. */
export function RunFacts({ analysis }: { analysis: Analysis }) {
  const { source, model, usage, cached, analyzer, createdAt, completedAt } = analysis;
  const size = source.width && source.height ? `${source.width} × ${source.height} px` : '';
  const pages = source.pages ? TEXTS.run.pages(source.pages) : '';
  const length = source.durationSeconds ? formatMoment(source.durationSeconds) : '';
  const bytes = source.bytes ? formatBytes(source.bytes) : '';
  const took = completedAt && !cached ? Date.parse(completedAt) - Date.parse(createdAt) : undefined;
  return (
    <Facts
      entries={[
        [
          TEXTS.run.file,
          [source.mediaType, size, pages, length, bytes].filter(Boolean).join(' · '),
        ],
        [TEXTS.run.when, formatTime(createdAt)],
        [TEXTS.run.took, took === undefined ? '' : formatDuration(took)],
        [TEXTS.run.stages, describeStages(analysis.stageMs).join(', ')],
        [TEXTS.run.model, model],
        [TEXTS.run.analyzer, TEXTS.run.version(analyzer.name, analyzer.version)],
        [TEXTS.run.tokens, usage && describeTokens(usage)],
        [TEXTS.run.thinking, usage?.thinking],
        [TEXTS.run.cost, usage && describeCost(usage)],
        [TEXTS.run.cached, cached ? TEXTS.run.cachedWhy : ''],
        [TEXTS.run.tags, analysis.tags.map(spellName).join(', ')],
      ]}
    />
  );
}

function describeTokens({ inputTokens, outputTokens, estimated }: Usage): string {
  const tokens = TEXTS.run.inAndOut(inputTokens, outputTokens);
  return estimated ? TEXTS.run.atMost(tokens) : tokens;
}

function describeCost({ costUsd, estimated }: Usage): string {
  if (costUsd === undefined) return '';
  const cost = formatCost(costUsd);
  return estimated ? TEXTS.run.atMost(cost) : cost;
}

function describeStages(stageMs: Analysis['stageMs'] = {}): string[] {
  const { names } = TEXTS.steps;
  return STEPS.flatMap((step) => {
    const milliseconds = new Map(Object.entries(stageMs)).get(step);
    return milliseconds === undefined ? [] : [`${names[step]} ${formatDuration(milliseconds)}`];
  });
}

/** What was found and done to the file, in plain words. */
export function SafetyNotes({ safety }: { safety: Analysis['safety'] }) {
  const { metadataStripped, instructionsInImage, typeMismatch, ...others } = safety ?? {};
  const stripped = Array.isArray(metadataStripped) ? metadataStripped.map(String) : [];
  return (
    <>
      {instructionsInImage !== undefined && (
        <p class="notice small">
          <strong>{TEXTS.safety.instructions}</strong>{' '}
          <bdi>
            <Words text={String(instructionsInImage)} />
          </bdi>
        </p>
      )}
      <Facts
        entries={[
          [TEXTS.safety.stripped, stripped.map(formatName).join(', ')],
          [TEXTS.safety.mismatch, describeValue(typeMismatch)],
          ...Object.entries(others).map(
            ([name, value]) => [name, describeValue(value)] as [string, string],
          ),
        ]}
      />
    </>
  );
}
