import { useEffect, useState } from 'preact/hooks';
import { spellName } from '../names.ts';
import { explainProblem, type PageProblem } from '../problems.ts';
import { readResult } from '../reading.ts';
import { hrefTo } from '../router.ts';
import { say } from '../spoken.ts';
import { TEXTS } from '../texts.ts';
import type { Upload, UploadState } from '../uploads/upload.ts';
import { addFiles, dropUpload, resumeUpload } from '../uploads/uploads.ts';
import { FileName } from './file-name.tsx';
import { LazyResult } from './lazy-result.tsx';
import { ProblemNote } from './problem.tsx';
import { Steps } from './steps.tsx';
import { Thumbnail } from './thumbnail.tsx';
import { UploadActions } from './upload-actions.tsx';
import { UploadLine } from './upload-line.tsx';

/** The place of one file on the page, from the hand to the answer; alone it shows all of it at once. */
export function UploadCard({ upload, isOnly }: { upload: Upload; isOnly: boolean }) {
  const state = upload.state.value;
  const { analysis } = state;
  const { name, type } = upload.kept;
  const [wants, setWants] = useState<boolean>();
  const hasResult = analysis?.status === 'succeeded';
  const isShown = wants ?? isOnly;
  const wasKnown = analysis?.cached === true && !analysis.stageMs; // nothing was done that takes time
  const problem = problemIn(state);
  useEndSaid(upload, problem);
  return (
    <article
      class={problem ? 'panel card bad' : 'panel card'}
      aria-label={spellName(name)}
      tabIndex={-1} // see keep-focus.ts
    >
      <div class="heading">
        <Thumbnail file={upload.url} type={type} analysis={analysis} />
        <div class="title">
          <h3>
            {analysis ? (
              <a href={hrefTo(['analyses', analysis.id])} aria-label={spellName(name)}>
                <FileName name={name} />
              </a>
            ) : (
              <FileName name={name} />
            )}
          </h3>
          <UploadLine upload={upload} />
        </div>
        <div class="actions">
          {hasResult && (
            <button
              type="button"
              class="plain"
              aria-expanded={isShown}
              onClick={() => setWants(!isShown)}
            >
              {isShown ? TEXTS.uploads.hide : TEXTS.uploads.show}
            </button>
          )}
          <UploadActions upload={upload} />
        </div>
      </div>
      {problem ? (
        <Refusal upload={upload} problem={problem} />
      ) : (
        <Steps seen={state.seen} stageMs={analysis?.stageMs} isSlim={!isShown || wasKnown} />
      )}
      {hasResult && isShown && <LazyResult analysis={analysis} url={upload.url} />}
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
  const isOurs = state.value.phase === 'problem'; // it never became an analysis
  const mayHelp = isOurs
    ? (problem.retryable !== false && problem.code !== 'file_lost') ||
      problem.code === 'unauthorized'
    : problem.retryable && file;
  return <ProblemNote problem={problem} {...(mayHelp ? { onRetry: again } : {})} />;
}

/** Its end is seen, and would not be heard. */
function useEndSaid({ kept, state }: Upload, problem: PageProblem | undefined): void {
  const { phase, analysis } = state.value;
  useEffect(() => {
    if (problem) say(TEXTS.uploads.ended(spellName(kept.name), explainProblem(problem).what));
    else if (phase === 'ended')
      say(
        TEXTS.uploads.succeeded(spellName(kept.name), analysis ? readResult(analysis).caption : ''),
      );
  }, [phase, problem?.code]);
}
