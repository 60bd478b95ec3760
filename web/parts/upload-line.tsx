import { formatBytes, formatDuration } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { STEPS, type Upload, type UploadState } from '../uploads/upload.ts';
import { Countdown } from './countdown.tsx';
import { useNow } from './use-now.ts';
import { Words } from './words.tsx';

/** Where a file is, in one line: what it waits for, how much is sent, what is done, what came out. */
export function UploadLine({ upload }: { upload: Upload }) {
  const state = upload.state.value;
  const { phase, analysis, limitedUntil } = state;
  if (phase === 'uploading') return <Progress {...state} />;
  if (limitedUntil)
    return (
      <p class="line">
        {TEXTS.uploads.limitedShort} <Countdown until={limitedUntil} />
      </p>
    );
  const caption = analysis?.result?.caption ?? analysis?.result?.summary;
  if (analysis?.status === 'succeeded')
    return (
      <p class="line" dir="auto">
        {analysis.cached && `${TEXTS.uploads.cached} `}
        <Words text={typeof caption === 'string' ? caption : TEXTS.steps.sentences.done} />
      </p>
    );
  return (
    <p class="line">
      {sentenceOf(state)} {phase === 'following' && <StepTime seen={state.seen} />}
      {phase === 'waiting' && formatBytes(upload.kept.bytes)}
      {phase === 'reading' && state.sent > 0 && formatPart(state.sent, upload.kept.bytes)}
    </p>
  );
}

function Progress({ sent, total }: Pick<UploadState, 'sent' | 'total'>) {
  return (
    <p class="line progress">
      <progress max="1" value={total > 0 ? sent / total : 0} aria-label={TEXTS.uploads.progress} />
      <span class="amount">
        {formatPart(sent, total)} · {formatBytes(sent)} {TEXTS.uploads.of} {formatBytes(total)}
      </span>
    </p>
  );
}

function formatPart(done: number, all: number): string {
  return `${all > 0 ? Math.floor((done / all) * 100) : 0} %`;
}

function sentenceOf({ phase, seen, analysis }: UploadState): string {
  const { sentences } = TEXTS.steps;
  if (phase === 'waiting' || phase === 'reading' || phase === 'paused') return sentences[phase];
  if (phase === 'problem' || phase === 'ended') return '';
  if (analysis?.status === 'queued' && analysis.error)
    return `${analysis.error.message} ${TEXTS.steps.tryingAgain}`;
  return sentences[STEPS.findLast((step) => seen[step] !== undefined) ?? 'queued'];
}

/** How long the step that it is at has taken so far. */
function StepTime({ seen }: Pick<UploadState, 'seen'>) {
  const now = useNow(true);
  const step = STEPS.findLast((one) => seen[one] !== undefined);
  const begun = step && seen[step];
  return <span class="amount">{begun ? formatDuration(Math.max(0, now - begun)) : ''}</span>;
}
