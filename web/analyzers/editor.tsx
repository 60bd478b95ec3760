import type { OwnAnalyzer } from '@sightline/client';
import { useState } from 'preact/hooks';
import { ProblemNote } from '../parts/problem.tsx';
import { type PageProblem, problemOf } from '../problems.ts';
import { client } from '../session.ts';
import { say } from '../spoken.ts';
import { TEXTS } from '../texts.ts';
import type { Draft } from './draft.ts';
import { type SchemaFault, SchemaField } from './schema-field.tsx';
import { TryOut } from './try-out.tsx';

interface EditorProps {
  start: Draft;
  /** Its name is to be chosen yet. */
  isNew: boolean;
  onSaved: (saved: OwnAnalyzer) => void;
}

/** A prompt and the shape of its answer, checked by the service, and tried on a picture. */
export function Editor({ start, isNew, onSaved }: EditorProps) {
  const [draft, setDraft] = useState(start);
  const [problem, setProblem] = useState<PageProblem>();
  const [saved, setSaved] = useState<{ draft: Draft; analyzer: OwnAnalyzer }>();
  const { analyzers } = TEXTS;
  const faults = problem?.errors ?? [];
  const change = (changes: Partial<Draft>) => {
    setDraft({ ...draft, ...changes });
    setProblem(undefined);
  };
  const isSaved = saved?.draft === draft;
  /** Saves what is not saved yet, and answers with the analyzer; undefined where it is refused. */
  const save = async (): Promise<OwnAnalyzer | undefined> => {
    if (isSaved) return saved.analyzer;
    try {
      const schema = JSON.parse(draft.schema);
      const definition = { prompt: draft.prompt, schema };
      const analyzer = await client.putAnalyzer(draft.name.trim(), definition);
      setSaved({ draft, analyzer });
      setProblem(undefined);
      say(analyzers.savedAs(analyzer.name, analyzer.version));
      onSaved(analyzer);
      return analyzer;
    } catch (error) {
      if (!(error instanceof SyntaxError)) setProblem(problemOf(error)); // that one is shown beneath the schema
      return undefined;
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void save();
  };
  return (
    <section class="panel" aria-labelledby="editor-title">
      <h2 id="editor-title">{isNew ? analyzers.write : analyzers.change(start.name)}</h2>
      <form class="editor" onSubmit={submit}>
        <Labelled id="analyzer-name" label={analyzers.name} fault={faultOf(faults, 'path.name')}>
          <input
            id="analyzer-name"
            type="text"
            required
            pattern="[a-z][a-z0-9\-]*"
            title={analyzers.nameRule}
            value={draft.name}
            readOnly={!isNew}
            onInput={({ currentTarget }) => change({ name: currentTarget.value })}
          />
        </Labelled>
        <Labelled id="prompt" label={analyzers.prompt} fault={faultOf(faults, 'body.prompt')}>
          <textarea
            id="prompt"
            required
            rows={3}
            placeholder={analyzers.promptExample}
            value={draft.prompt}
            onInput={({ currentTarget }) => change({ prompt: currentTarget.value })}
          />
        </Labelled>
        <SchemaField
          schema={draft.schema}
          faults={schemaFaults(faults)}
          onChange={(schema) => change({ schema })}
        />
        {problem && faults.length === 0 && <ProblemNote problem={problem} />}
        <div class="inline">
          <button type="submit" class="primary">
            {analyzers.save}
          </button>
          <span class="quiet">
            {isSaved && analyzers.savedAs(saved.analyzer.name, saved.analyzer.version)}
          </span>
        </div>
      </form>
      <TryOut save={save} />
    </section>
  );
}

interface LabelledProps {
  id: string;
  label: string;
  fault: string | undefined;
  children: preact.ComponentChildren;
}

function Labelled({ id, label, fault, children }: LabelledProps) {
  return (
    <div>
      <label class="field" for={id}>
        {label}
      </label>
      {children}
      {fault && (
        <p class="bad" role="alert">
          <bdi>{fault}</bdi>
        </p>
      )}
    </div>
  );
}

type Faults = NonNullable<PageProblem['errors']>;

function faultOf(faults: Faults, path: string): string | undefined {
  return faults.find((fault) => fault.path === path)?.message;
}

/** `body.schema.#/properties/a` → `/properties/a`. */
function schemaFaults(faults: Faults): SchemaFault[] {
  return faults
    .filter(({ path }) => path.startsWith('body.schema'))
    .map(({ path, message }) => ({ pointer: path.split('#')[1] ?? '', message }));
}
