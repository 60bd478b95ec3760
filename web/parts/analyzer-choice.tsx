import type { AnalyzerSummary } from '@sightline/client';
import { useId, useState } from 'preact/hooks';
import { TEXTS } from '../texts.ts';
import type { Wish } from '../uploads/wish.ts';

/** What an analyzer with options starts with, for the reader to change. */
const EXAMPLES: Record<string, unknown> = {
  classify: { labels: ['receipt', 'photo', 'screenshot'] },
  extract: {
    schema: {
      type: 'object',
      properties: { total: { type: 'number' }, date: { type: 'string' } },
      required: ['total', 'date'],
    },
  },
};

interface AnalyzerChoiceProps {
  all: readonly AnalyzerSummary[];
  /** One has to be chosen; else what the file is decides. */
  isNeeded?: boolean;
}

/** Which analyzer looks at a file, with its options as JSON where it has some. Fields of the form around it. */
export function AnalyzerChoice({ all, isNeeded = false }: AnalyzerChoiceProps) {
  const [chosen, setName] = useState<string>();
  const name = chosen ?? ((isNeeded && all[0]?.name) || '');
  const id = useId();
  const hasOptions = all.find((one) => one.name === name)?.options !== undefined;
  return (
    <div>
      <label class="field" for={id}>
        {TEXTS.intake.analyzer}
      </label>
      <select
        id={id}
        name="analyzer"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      >
        {!isNeeded && <option value="">{TEXTS.intake.byType}</option>}
        {all.map((one) => (
          <option key={one.name} value={one.name}>
            {one.name}
          </option>
        ))}
      </select>
      {hasOptions && (
        <>
          <label class="field" for={`${id}-options`}>
            {TEXTS.intake.options}
          </label>
          <textarea
            key={name}
            id={`${id}-options`}
            name="options"
            class="code"
            spellcheck={false}
            defaultValue={JSON.stringify(EXAMPLES[name] ?? {}, null, 2)}
            onInput={({ currentTarget }) =>
              currentTarget.setCustomValidity(complain(currentTarget.value))
            }
          />
        </>
      )}
    </div>
  );
}

/** What the fields above say; throws where the options are no JSON. */
export function readAnalyzer(form: HTMLFormElement): Wish {
  const fields = new FormData(form);
  const analyzer = String(fields.get('analyzer') ?? '');
  const options = String(fields.get('options') ?? '');
  return {
    ...(analyzer ? { analyzer } : {}),
    ...(options ? { options: JSON.parse(options) } : {}),
  };
}

function complain(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : TEXTS.intake.noJson;
  }
}
