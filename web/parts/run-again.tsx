import type { Analysis } from '@sightline/client';
import { useState } from 'preact/hooks';
import { type PageProblem, problemOf } from '../problems.ts';
import { go, hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';
import { addFiles, uploads } from '../uploads/uploads.ts';
import { AnalyzerChoice, readAnalyzer } from './analyzer-choice.tsx';
import { ProblemNote } from './problem.tsx';

/** Without the small picture behind it, whose place the other link names. */
async function fetchPicture({ picture = '', thumbnail = '' }: Analysis['links']): Promise<Blob> {
  const [, end] = /#bytes=(\d+)-/.exec(thumbnail) ?? [];
  const headers: HeadersInit = end ? { range: `bytes=0-${Number(end) - 1}` } : {};
  return (await fetch(picture, { headers })).blob();
}

/** The same file once more, with another analyzer: as it was chosen, or as the service shows it. */
export function RunAgain({ analysis }: { analysis: Analysis }) {
  const [problem, setProblem] = useState<PageProblem>();
  const file = uploads.value.find(({ kept }) => kept.id === analysis.id)?.file;
  // That of a video or of a document is one of many.
  const isPicture = analysis.source.mediaType?.startsWith('image/') && analysis.links.picture;
  if (!file && !isPicture) return null;
  const run = async (form: HTMLFormElement) => {
    const blob = file ?? (await fetchPicture(analysis.links));
    const { filename } = analysis.source;
    const copy = new File([blob], filename, { type: blob.type });
    addFiles([copy], readAnalyzer(form), filename);
    go(hrefTo([]));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    run(event.currentTarget).catch((error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <details>
      <summary>{TEXTS.result.again}</summary>
      <form class="again" onSubmit={submit}>
        <AnalyzerChoice />
        <button type="submit" class="plain">
          {TEXTS.result.run}
        </button>
        {problem && <ProblemNote problem={problem} />}
      </form>
    </details>
  );
}
