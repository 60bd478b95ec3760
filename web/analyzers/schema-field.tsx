import { useRef, useState } from 'preact/hooks';
import { TEXTS } from '../texts.ts';
import { addField, type FieldKind } from './draft.ts';
import { findPlace } from './find-place.ts';

/** A fault of the schema; `pointer` is a JSON Pointer into it. */
export interface SchemaFault {
  pointer: string;
  message: string;
}

interface SchemaFieldProps {
  schema: string;
  faults: SchemaFault[];
  onChange: (schema: string) => void;
}

/** The schema as JSON, each fault with a button that goes to its place, and a way to add fields without writing any. */
export function SchemaField({ schema, faults, onChange }: SchemaFieldProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const { analyzers } = TEXTS;
  const complaint = complain(schema);
  const show = (pointer: string) => {
    const place = findPlace(schema, pointer) ?? { start: 0, end: schema.length };
    area.current?.focus();
    area.current?.setSelectionRange(place.start, place.end);
  };
  const isBad = complaint !== '' || faults.length > 0;
  return (
    <div class="schema">
      <label class="field" for="schema">
        {analyzers.schema}
      </label>
      <p class="quiet">{analyzers.schemaNote}</p>
      <textarea
        ref={area}
        id="schema"
        class="code"
        rows={10}
        spellcheck={false}
        value={schema}
        aria-invalid={isBad}
        aria-describedby="schema-faults"
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <div id="schema-faults" role="status">
        {complaint && <p class="bad">{complaint}</p>}
        {faults.length > 0 && (
          <ul class="faults">
            {faults.map(({ pointer, message }) => (
              <li key={pointer + message}>
                <button type="button" class="link" onClick={() => show(pointer)}>
                  <code>{pointer || '/'}</code>
                </button>{' '}
                <bdi>{message}</bdi>
              </li>
            ))}
          </ul>
        )}
      </div>
      <FieldAdder
        onAdd={(name, kind) => {
          const next = addField(schema, name, kind);
          if (next) onChange(next);
          return next !== undefined;
        }}
      />
    </div>
  );
}

/** Not a form: it stands in one. */
function FieldAdder({ onAdd }: { onAdd: (name: string, kind: FieldKind) => boolean }) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<FieldKind>('text');
  const { analyzers } = TEXTS;
  const add = () => {
    if (name.trim() && onAdd(name.trim(), kind)) setName('');
  };
  return (
    <div class="inline adder">
      <input
        type="text"
        value={name}
        aria-label={analyzers.fieldName}
        placeholder={analyzers.fieldName}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
      <select
        value={kind}
        aria-label={analyzers.fieldKind}
        onChange={({ currentTarget }) => {
          const chosen = FIELD_NAMES.find((each) => each === currentTarget.value);
          if (chosen) setKind(chosen);
        }}
      >
        {FIELD_NAMES.map((each) => (
          <option key={each} value={each}>
            {analyzers.kinds[each]}
          </option>
        ))}
      </select>
      <button type="button" class="plain" onClick={add}>
        {analyzers.addField}
      </button>
    </div>
  );
}

const FIELD_NAMES: FieldKind[] = ['text', 'number', 'whole', 'yesNo', 'texts'];

function complain(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : TEXTS.intake.noJson;
  }
}
