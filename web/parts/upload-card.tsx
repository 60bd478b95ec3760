import { useEffect, useState } from 'preact/hooks';
import { formatBytes } from '../format.ts';
import { linkOf } from '../links.ts';
import { explainProblem, type PageProblem } from '../problems.ts';
import { hrefTo } from '../router.ts';
import { say } from '../spoken.ts';
import { TEXTS } from '../texts.ts';
import { STEPS, type Upload, type UploadState } from '../uploads/upload.ts';
import {
  addFiles,
  dropUpload,
  pauseUpload,
  removeUpload,
  resumeUpload,
} from '../uploads/uploads.ts';
import { Countdown } from './countdown.tsx';
import { LazyResult } from './lazy-result.tsx';
import { ProblemNote } from './problem.tsx';
import { Steps } from './steps.tsx';
import { SureButton } from './sure-button.tsx';
import { Thumbnail } from './thumbnail.tsx';

/** The place of one file on the page, from the hand to the answer. */
export function UploadCard({ upload, isOnly }: { upload: Upload; isOnly: boolean }) {
  const state = upload.state.value;
  const { analysis } = state;
  const { name, type, bytes } = upload.kept;
  const [wants, setWants] = useState<boolean>();
  const isShown = analysis?.status === 'succeeded' && (wants ?? isOnly);
  const problem = problemIn(state);
  useEndSaid(upload, problem);
  return (
    <article class={problem ? 'panel card bad' : 'panel card'} aria-label={name}>
      <div class="heading">
        <Thumbnail url={upload.url ?? linkOf(analysis, 'thumbnail')} type={type} />
        <div class="title">
          <h3>
            <bdi>{analysis ? <a href={hrefTo(['analyses', analysis.id])}>{name}</a> : name}</bdi>
          </h3>
          <p class="quiet">{formatBytes(bytes)}</p>
        </div>
        <Actions upload={upload} />
      </div>
      {problem ? <Refusal upload={upload} problem={problem} /> : <Way state={state} />}
      {analysis?.status === 'succeeded' && (
        <button
          type="button"
          class="disclosure"
          aria-expanded={isShown}
          onClick={() => setWants(!isShown)}
        >
          {TEXTS.uploads.show}
        </button>
      )}
      {isShown && <LazyResult analysis={analysis} url={upload.url} />}
      {!isShown && typeof analysis?.result?.caption === 'string' && (
        <p class="caption" dir="auto">
          {analysis.result.caption}
        </p>
      )}
    </article>
  );
}

function problemIn({ problem, analysis }: UploadState): PageProblem | undefined {
  const hasEndedBadly = analysis?.status === 'failed' || analysis?.status === 'rejected';
  return problem ?? (hasEndedBadly ? analysis.error : undefined);
}

function Refusal({ upload, problem }: { upload: Upload; problem: PageProblem }) {
  const { file, kept, state } = upload;
  const again = () => {
    if (state.value.phase === 'problem') return resumeUpload(upload);
    if (file) addFiles([new File([file], kept.name, { type: kept.type })], kept.wish, kept.name);
    return dropUpload(upload);
  };
  const mayHelp = state.value.phase === 'problem' || (problem.retryable && file);
  return <ProblemNote problem={problem} {...(mayHelp ? { onRetry: again } : {})} />;
}

/** Where it is now: the steps, one sentence, the upload's progress. */
function Way({ state }: { state: UploadState }) {
  const { phase, sent, total, seen, limitedUntil, analysis } = state;
  return (
    <div class="way">
      <Steps seen={seen} />
      {phase === 'uploading' && <Progress sent={sent} total={total} />}
      <p class="sentence">
        {limitedUntil ? (
          <>
            {TEXTS.uploads.limited} <Countdown until={limitedUntil} />
          </>
        ) : (
          sentenceOf(state)
        )}
        {analysis?.cached && ` (${TEXTS.uploads.cached})`}
      </p>
    </div>
  );
}

function Progress({ sent, total }: { sent: number; total: number }) {
  const part = total > 0 ? sent / total : 0;
  return (
    <div class="progress">
      <progress max="1" value={part} aria-label={TEXTS.uploads.progress} />
      <span class="amount quiet">
        {Math.floor(part * 100)} % · {formatBytes(sent)} {TEXTS.uploads.of} {formatBytes(total)}
      </span>
    </div>
  );
}

function sentenceOf({ phase, seen, analysis }: UploadState): string {
  const { sentences } = TEXTS.steps;
  if (phase === 'waiting' || phase === 'reading' || phase === 'uploading' || phase === 'paused')
    return sentences[phase];
  if (analysis?.status === 'queued' && analysis.error)
    return `${analysis.error.message} ${TEXTS.steps.tryingAgain}`;
  return sentences[STEPS.findLast((step) => seen[step] !== undefined) ?? 'queued'];
}

function Actions({ upload }: { upload: Upload }) {
  const { phase, analysis } = upload.state.value;
  const remove = () => void removeUpload(upload);
  const isOnItsWay = phase === 'waiting' || phase === 'reading' || phase === 'uploading';
  const hasEnded = phase === 'ended' || phase === 'problem';
  return (
    <div class="actions">
      {isOnItsWay && (
        <button type="button" class="plain" onClick={() => pauseUpload(upload)}>
          {TEXTS.uploads.pause}
        </button>
      )}
      {phase === 'paused' && (
        <button type="button" class="plain" onClick={() => resumeUpload(upload)}>
          {TEXTS.uploads.resume}
        </button>
      )}
      {hasEnded && analysis ? (
        <SureButton label={TEXTS.uploads.delete} onSure={remove} />
      ) : (
        <button type="button" class="plain" onClick={remove}>
          {TEXTS.uploads.cancel}
        </button>
      )}
    </div>
  );
}

/** Its end is seen, and would not be heard. */
function useEndSaid({ kept, state }: Upload, problem: PageProblem | undefined): void {
  const { phase, analysis } = state.value;
  useEffect(() => {
    if (problem) say(TEXTS.uploads.ended(kept.name, explainProblem(problem).what));
    else if (phase === 'ended')
      say(TEXTS.uploads.succeeded(kept.name, String(analysis?.result?.caption ?? '')));
  }, [phase, problem?.code]);
}
