import type { AnalyzerSummary } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { type Draft, EMPTY_DRAFT, printSchema } from '../analyzers/draft.ts';
import { Editor } from '../analyzers/editor.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { type PageProblem, problemOf } from '../problems.ts';
import { hrefTo, type ViewProps } from '../router.ts';
import { client } from '../session.ts';
import { TEXTS } from '../texts.ts';
import '../styles/analyzers.css';

const NEW = 'new';

/** What there is to choose from; `#/analyzers/new` writes one, `#/analyzers/NAME` changes one of the client's own. */
export function View({ rest: [chosen] }: ViewProps) {
  const [all, setAll] = useState<AnalyzerSummary[]>();
  const [problem, setProblem] = useState<PageProblem>();
  const load = () => {
    client.listAnalyzers().then(setAll, (error: unknown) => setProblem(problemOf(error)));
  };
  useEffect(load, []);
  return (
    <>
      <div class="heading">
        <h1>{TEXTS.nav.analyzers}</h1>
        {chosen === undefined && (
          <a class="primary" href={hrefTo(['analyzers', NEW])}>
            {TEXTS.analyzers.write}
          </a>
        )}
      </div>
      {problem && <ProblemNote problem={problem} />}
      {chosen !== undefined && <Opened key={chosen} name={chosen} onSaved={load} />}
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
  const { name, version, builtIn, description } = analyzer;
  const { analyzers } = TEXTS;
  return (
    <article class="panel analyzer" aria-label={name}>
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p class="quiet">
        {builtIn ? analyzers.builtIn : analyzers.own} · {analyzers.version(version)}
      </p>
      {description && <p>{description}</p>}
      <p class="links">
        <a href={hrefTo(['library'], { analyzer: name })} aria-label={analyzers.resultsOf(name)}>
          {analyzers.results}
        </a>
        {!builtIn && (
          <a href={hrefTo(['analyzers', name])} aria-label={analyzers.change(name)}>
            {analyzers.open}
          </a>
        )}
      </p>
    </article>
  );
}

function Opened({ name, onSaved }: { name: string; onSaved: () => void }) {
  const [start, setStart] = useState<Draft | undefined>(name === NEW ? EMPTY_DRAFT : undefined);
  const [problem, setProblem] = useState<PageProblem>();
  useEffect(() => {
    if (name === NEW) return;
    client.getAnalyzer(name).then(
      ({ prompt = '', schema }) => setStart({ name, prompt, schema: printSchema(schema) }),
      (error: unknown) => setProblem(problemOf(error)),
    );
  }, [name]);
  if (problem) return <ProblemNote problem={problem} />;
  return start ? <Editor start={start} onSaved={onSaved} /> : null;
}
