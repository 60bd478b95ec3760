import type { Analysis } from '@sightline/client';
import { formatDuration } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { STEPS, type StepName, type UploadState } from '../uploads/upload.ts';
import { useNow } from './use-now.ts';

interface StepsProps extends Pick<UploadState, 'seen'> {
  /** As the service has measured them. */
  stageMs: Analysis['stageMs'];
  /** Only the bar. */
  isSlim?: boolean;
}

/** The steps of an upload as a bar, each with the time it took; those that it did not need have none. */
export function Steps({ seen, stageMs, isSlim = false }: StepsProps) {
  const current = STEPS.findLast((step) => seen[step] !== undefined);
  const now = useNow(!isSlim && current !== undefined && current !== 'done');
  const at = current ? STEPS.indexOf(current) : -1;
  return (
    <ol class={isSlim ? 'steps slim' : 'steps'} aria-label={TEXTS.steps.label}>
      {STEPS.map((step, position) => (
        <li
          key={step}
          data-step={step}
          class={position < at || current === 'done' ? 'past' : undefined}
          aria-current={position === at && step !== 'done' ? 'step' : undefined}
        >
          <span class="name">{TEXTS.steps.names[step]}</span>
          <span class="time">{timeOf(step, { seen, stageMs, now })}</span>
        </li>
      ))}
    </ol>
  );
}

interface Times extends Pick<StepsProps, 'seen' | 'stageMs'> {
  now: number;
}

/** As the service has measured it, else until the next step that was seen; of `done`, all of it. */
function timeOf(step: StepName, { seen, stageMs = {}, now }: Times): string {
  const begun = seen[step];
  const measured = new Map(Object.entries(stageMs));
  const worked = measured.get(step);
  const next = STEPS.slice(STEPS.indexOf(step) + 1).find((one) => seen[one] !== undefined);
  if (worked !== undefined && next) return formatDuration(worked);
  if (begun === undefined) return '';
  if (step === 'done') return formatDuration(begun - Math.min(...Object.values(seen)));
  // What was no work was waiting: its end may have been over before this page saw it.
  const waited = step === 'queued' && seen.done && measured.size > 0 && seen.done - begun;
  if (waited) return formatDuration(Math.max(0, waited - sum(measured.values())));
  return formatDuration(Math.max(0, ((next && seen[next]) ?? now) - begun));
}

function sum(times: Iterable<number>): number {
  return [...times].reduce((all, one) => all + one, 0);
}
