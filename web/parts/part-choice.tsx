import { TEXTS } from '../texts.ts';
import type { Wish } from '../uploads/wish.ts';

/** Which part of long files is looked at. Fields of the form around it. */
export function PartChoice() {
  return (
    <>
      <fieldset class="part">
        <legend>{TEXTS.part.pages}</legend>
        <PartField name="first" label={TEXTS.part.first} min={1} step={1} />
        <PartField name="last" label={TEXTS.part.last} min={1} step={1} />
      </fieldset>
      <fieldset class="part">
        <legend>{TEXTS.part.clip}</legend>
        <PartField name="start" label={TEXTS.part.start} min={0} step="any" />
        <PartField name="end" label={TEXTS.part.end} min={0} step="any" />
        <PartField name="fps" label={TEXTS.part.fps} min={0} step="any" />
      </fieldset>
    </>
  );
}

interface PartFieldProps {
  name: string;
  label: string;
  min: number;
  step: number | 'any';
}

function PartField({ name, label, min, step }: PartFieldProps) {
  return (
    <label>
      {label}
      <input name={name} type="number" min={min} step={step} inputMode="decimal" />
    </label>
  );
}

/** What the fields above say; of pages the one that is left out is the other one. */
export function readPart(form: HTMLFormElement): Pick<Wish, 'clip' | 'pages'> {
  const fields = new FormData(form);
  const read = (name: string) => {
    const text = String(fields.get(name) ?? '');
    return text === '' ? undefined : Number(text);
  };
  const [first, last] = [read('first'), read('last')];
  const named = (['start', 'end', 'fps'] as const).flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const from = first ?? last;
  const to = last ?? first;
  return {
    ...(named.length > 0 ? { clip: Object.fromEntries(named) } : {}),
    ...(from !== undefined && to !== undefined ? { pages: { first: from, last: to } } : {}),
  };
}
