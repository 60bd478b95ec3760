import { formatDuration } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { STEPS, type StepName, type UploadState } from '../uploads/upload.ts';
import { useNow } from './use-now.ts';

interface StepsProps extends Pick<UploadState, 'seen'> {
  /** Only the bar. */
  isSlim?: boolean;
}

/** The steps of an upload as a bar, each with the time it took; those that flew by have none. */
export function Steps({ seen, isSlim = false }: StepsProps) {
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
          <span class="time">{timeOf(step, seen, now)}</span>
        </li>
      ))}
    </ol>
  );
}

/** Until the next step that was seen; of `done`, all of it. */
function timeOf(step: StepName, seen: UploadState['seen'], now: number): string {
  const begun = seen[step];
  if (begun === undefined) return '';
  if (step === 'done') {
    const first = STEPS.map((one) => seen[one]).find((moment) => moment !== undefined);
    return formatDuration(begun - (first ?? begun));
  }
  const next = STEPS.slice(STEPS.indexOf(step) + 1).find((one) => seen[one] !== undefined);
  return formatDuration(Math.max(0, ((next && seen[next]) ?? now) - begun));
}
