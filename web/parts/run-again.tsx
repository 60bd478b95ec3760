import type { Analysis, AnalyzerSummary } from '@sightline/client';
import { useState } from 'preact/hooks';
import { type PageProblem, problemOf } from '../problems.ts';
import { go, hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';
import { addFiles, uploads } from '../uploads/uploads.ts';
import { AnalyzerChoice, readAnalyzer } from './analyzer-choice.tsx';
import { ProblemNote } from './problem.tsx';
import { useAnalyzers } from './use-analyzers.ts';

/** A file that is fetched to be sent again is held whole: 100 MB. */
const MAX_FETCHED_BYTES = 100_000_000;

/** The same file once more, with another analyzer: as it was chosen, else as the service has it. */
export function RunAgain({ analysis }: { analysis: Analysis }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{TEXTS.result.again}</summary>
      {isOpen && <Offer analysis={analysis} />}
    </details>
  );
}

function Offer({ analysis }: { analysis: Analysis }) {
  const fetchFile = findFile(analysis);
  const fitting = useAnalyzers()?.filter((one) => isOther(one, analysis));
  if (!fetchFile) return <p class="quiet">{TEXTS.result.againLost}</p>;
  if (!fitting) return null;
  if (fitting.length === 0) return <p class="quiet">{TEXTS.result.againNone}</p>;
  return <AgainForm analysis={analysis} fitting={fitting} fetchFile={fetchFile} />;
}

interface AgainFormProps {
  analysis: Analysis;
  fitting: AnalyzerSummary[];
  fetchFile: () => Promise<Blob>;
}

function AgainForm({ analysis, fitting, fetchFile }: AgainFormProps) {
  const [problem, setProblem] = useState<PageProblem>();
  const run = async (form: HTMLFormElement) => {
    const wish = readAnalyzer(form);
    const blob = await fetchFile();
    const { filename } = analysis.source;
    addFiles([new File([blob], filename, { type: blob.type })], wish, filename);
    go(hrefTo([]));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    run(event.currentTarget).catch((error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <form class="again" onSubmit={submit}>
      <AnalyzerChoice all={fitting} isNeeded />
      <button type="submit" class="plain">
        {TEXTS.result.run}
      </button>
      {problem && <ProblemNote problem={problem} />}
    </form>
  );
}

/** Takes such files, and may say something else: the same one does with other options, or where it has failed. */
function isOther(one: AnalyzerSummary, { analyzer, source, status }: Analysis) {
  const { mediaType } = source;
  const kind = mediaType === 'application/pdf' ? 'document' : mediaType?.split('/')[0];
  const isSame = one.name === analyzer.name && one.options === undefined;
  return one.media.some((each) => each === kind) && (!isSame || status !== 'succeeded');
}

/** Where the file can be had: here, or in storage, where of a picture what the model was shown stands for it. */
function findFile(analysis: Analysis): (() => Promise<Blob>) | undefined {
  const { id, source, links } = analysis;
  const file = uploads.value.find(({ kept }) => kept.id === id)?.file;
  if (file) return async () => file;
  const { file: original, picture } = links;
  if (original && (source.bytes ?? 0) <= MAX_FETCHED_BYTES) return () => fetchBlob(original);
  // That of a video or of a document is one of many.
  if (!picture || !source.mediaType?.startsWith('image/')) return undefined;
  return () => fetchBlob(picture, rangeOf(links));
}

async function fetchBlob(link: string, headers: Record<string, string> = {}): Promise<Blob> {
  const response = await fetch(link, { headers });
  if (!response.ok) throw Object.assign(new Error(), { code: 'file_gone' });
  return response.blob();
}

/** Of the large picture: without the small one behind it, whose place the other link names. */
function rangeOf({ thumbnail = '' }: Analysis['links']): Record<string, string> {
  const [, end] = /#bytes=(\d+)-/.exec(thumbnail) ?? [];
  return end ? { range: `bytes=0-${Number(end) - 1}` } : {};
}
