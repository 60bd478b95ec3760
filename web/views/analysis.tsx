import type { Analysis } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { spellName } from '../names.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { FileName } from '../parts/file-name.tsx';
import { LazyResult } from '../parts/lazy-result.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { RunAgain } from '../parts/run-again.tsx';
import { RunFacts } from '../parts/run-facts.tsx';
import { TitleLevel } from '../parts/section-title.tsx';
import { Steps } from '../parts/steps.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { Thumbnail } from '../parts/thumbnail.tsx';
import { type PageProblem, problemOf } from '../problems.ts';
import { go, hrefTo, type ViewProps } from '../router.ts';
import { client } from '../session.ts';
import { TEXTS } from '../texts.ts';
import { seeIn, type UploadState } from '../uploads/upload.ts';
import { dropUpload, uploads } from '../uploads/uploads.ts';
import '../styles/upload.css';
import '../styles/result.css';

/** One analysis by its id: the address to pass on. */
export function View({ rest: [id = ''] }: ViewProps) {
  const { analysis, problem, seen, fail } = useAnalysis(id);
  const upload = uploads.value.find(({ kept }) => kept.id === id);
  if (!analysis) return problem ? <NotThere problem={problem} /> : null;
  const { source, error, status } = analysis;
  const name = source.filename;
  const remove = () => {
    client
      .delete(id)
      .then(() => {
        if (upload) dropUpload(upload);
        go(hrefTo(['library']));
      })
      .catch((refusal: unknown) => fail(problemOf(refusal)));
  };
  const hasFailed = status === 'failed' || status === 'rejected';
  return (
    <article class="panel card" aria-label={spellName(name)}>
      <div class="heading">
        <Thumbnail
          file={upload?.url}
          type={source.mediaType ?? source.declaredType ?? ''}
          analysis={analysis}
        />
        <h1 class="title">
          <FileName name={name} />
        </h1>
        <div class="actions">
          <CopyButton text={location.href} label={TEXTS.result.copyLink} icon="link" />
          <SureButton label={TEXTS.uploads.delete} onSure={remove} />
        </div>
      </div>
      {problem && <ProblemNote problem={problem} />}
      {hasFailed && (
        <>
          {error && <ProblemNote problem={error} />}
          <RunFacts analysis={analysis} />
          {source.mediaType && <RunAgain analysis={analysis} />}
        </>
      )}
      {status === 'succeeded' && (
        <TitleLevel.Provider value={2}>
          <LazyResult analysis={analysis} url={upload?.url} />
        </TitleLevel.Provider>
      )}
      {(status === 'processing' || status === 'queued') && (
        <Steps seen={seen} stageMs={analysis.stageMs} />
      )}
      {(status === 'awaiting_upload' || status === 'expired') && <p>{TEXTS.result[status]}</p>}
    </article>
  );
}

function NotThere({ problem }: { problem: PageProblem }) {
  return (
    <section class="panel card">
      <h1>{TEXTS.nav.analysis}</h1>
      <ProblemNote problem={problem} />
      <p>
        <a href={hrefTo(['library'])}>{TEXTS.nav.library}</a>
      </p>
    </section>
  );
}

/** The analysis, and each change of it until it has ended. */
function useAnalysis(id: string) {
  const [analysis, setAnalysis] = useState<Analysis>();
  const [problem, fail] = useState<PageProblem>();
  const [seen, setSeen] = useState<UploadState['seen']>({});
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    setAnalysis(undefined);
    fail(undefined);
    setSeen({});
    const onChange = (news: Analysis) => {
      setAnalysis(news);
      setSeen((before) => seeIn(before, news));
    };
    client.waitFor(id, { onChange, signal }).catch((error: unknown) => {
      if (!signal.aborted) fail(problemOf(error));
    });
    return () => stop.abort();
  }, [id]);
  return { analysis, problem, seen, fail };
}
