import { formatName } from '../format.ts';
import { Words } from './words.tsx';

/** Names with their values, whatever an analyzer answers; what is empty is left out. */
export function Facts({ entries }: { entries: [string, unknown][] }) {
  const shown = entries.map(([name, value]) => [name, describe(value)] as const);
  const said = shown.filter(([, words]) => words !== '');
  if (said.length === 0) return null;
  return (
    <dl class="facts">
      {said.map(([name, words]) => (
        <div key={name}>
          <dt>{formatName(name)}</dt>
          <dd dir="auto">
            <Words text={words} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Seen in the picture, or beside the player. */
const SHOWN_ELSEWHERE = ['box', 'boxes', 'box_2d', 'appearances'];

/** Any value as a line of text. */
function describe(value: unknown): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(describe).filter(Boolean).join(', ');
  return Object.entries(value)
    .filter(([name]) => !SHOWN_ELSEWHERE.includes(name))
    .map(([name, inner]) => [formatName(name), describe(inner)])
    .filter(([, words]) => words)
    .map(([name, words]) => `${name}: ${words}`)
    .join(' · ');
}
