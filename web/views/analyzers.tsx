import type { Analyzer, AnalyzerSummary } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { BuiltIn } from '../analyzers/built-in.tsx';
import { draftFrom, EMPTY_DRAFT, printSchema } from '../analyzers/draft.ts';
import { Editor } from '../analyzers/editor.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { type PageProblem, problemOf } from '../problems.ts';
import { hrefTo, type ViewProps } from '../router.ts';
import { client } from '../session.ts';
import { TEXTS } from '../texts.ts';
import '../styles/analyzers.css';

const NEW = 'new';

/**
 * What there is to choose from; `#/analyzers/new` writes one, `?from=NAME` one like another, and
 * `#/analyzers/NAME` changes one of the client's own, or shows one that is built in.
 */
export function View({ rest: [chosen], query }: ViewProps) {
  const from = chosen === NEW ? (query.get('from') ?? undefined) : undefined;
  const [all, setAll] = useState<AnalyzerSummary[]>();
  const [problem, setProblem] = useState<PageProblem>();
  const load = () => {
    client.listAnalyzers().then(setAll, (error: unknown) => setProblem(problemOf(error)));
  };
  useEffect(load, []);
  return (
    <>
      <div class="heading top">
        <h1>{TEXTS.nav.analyzers}</h1>
        {chosen === undefined && (
          <a class="primary" href={hrefTo(['analyzers', NEW])}>
            {TEXTS.analyzers.write}
          </a>
        )}
      </div>
      {problem && <ProblemNote problem={problem} />}
      {chosen !== undefined && (
        <Opened key={`${chosen} ${from}`} name={chosen} from={from} onSaved={load} />
      )}
      <ul class="analyzers">
        {all?.map((analyzer) => (
          <li key={analyzer.name}>
            <AnalyzerCard analyzer={analyzer} />
          </li>
        ))}
      </ul>
    </>
  );
}

function AnalyzerCard({ analyzer }: { analyzer: AnalyzerSummary }) {
  const { name, version, builtIn, description, media } = analyzer;
  const { analyzers } = TEXTS;
  return (
    <article class="panel analyzer" aria-label={name}>
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p class="quiet">
        {builtIn ? analyzers.builtIn : analyzers.own} · {analyzers.version(version)} ·{' '}
        {analyzers.takes(media)}
      </p>
      {description && <p>{description}</p>}
      <p class="links">
        <a href={hrefTo(['library'], { analyzer: name })} aria-label={analyzers.resultsOf(name)}>
          {analyzers.results}
        </a>
        <a
          href={hrefTo(['analyzers', name])}
          aria-label={builtIn ? analyzers.lookAt(name) : analyzers.change(name)}
        >
          {builtIn ? analyzers.look : analyzers.open}
        </a>
      </p>
    </article>
  );
}

interface OpenedProps {
  name: string;
  /** The one that a new one begins as. */
  from: string | undefined;
  onSaved: () => void;
}

function Opened({ name, from, onSaved }: OpenedProps) {
  const [found, setFound] = useState<Analyzer>();
  const [problem, setProblem] = useState<PageProblem>();
  const isNew = name === NEW;
  const wanted = isNew ? from : name;
  useEffect(() => {
    if (wanted === undefined) return;
    client.getAnalyzer(wanted).then(setFound, (error: unknown) => setProblem(problemOf(error)));
  }, [wanted]);
  if (problem?.code === 'not_found') return <Unknown name={wanted} />;
  if (problem) return <ProblemNote problem={problem} />;
  if (wanted === undefined) return <Editor start={EMPTY_DRAFT} isNew onSaved={onSaved} />;
  if (!found) return null;
  if (isNew) return <Editor start={draftFrom(found)} isNew onSaved={onSaved} />;
  if (found.builtIn) return <BuiltIn analyzer={found} />;
  const { prompt = '', schema } = found;
  const start = { name, prompt, schema: printSchema(schema) };
  return <Editor start={start} isNew={false} onSaved={onSaved} />;
}

function Unknown({ name = '' }) {
  return (
    <section class="panel built-in">
      <h2>{TEXTS.analyzers.unknown}</h2>
      <p>
        <bdi>{name}</bdi> {TEXTS.analyzers.unknownWhy}
      </p>
    </section>
  );
}
