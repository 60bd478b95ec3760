import { formatName } from '../format.ts';
import { isRecord } from '../reading.ts';
import { TEXTS } from '../texts.ts';
import { Facts } from './facts.tsx';
import { Words } from './words.tsx';

/** Deeper, a value is told in one line. */
const MAX_DEPTH = 4;
/** Seen in the picture, or beside the player. */
const SHOWN_ELSEWHERE = ['box', 'boxes', 'box_2d', 'appearances'];

/** Any value of a result, whatever its schema: plain ones as words, lists of alike things as tables, others as lists of names. */
export function Value({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (isEmpty(value)) return <span class="quiet">{TEXTS.result.notGiven}</span>;
  if (isPlain(value) || depth >= MAX_DEPTH) return <Words text={describeValue(value)} />;
  if (isRecord(value)) return <Names value={value} depth={depth} />;
  if (!Array.isArray(value)) return null;
  const rows = readRows(value);
  if (rows) return <Grid {...rows} />;
  return (
    <ul class="values">
      {value.map((one, index) => (
        <li key={`${index}${typeof one}`}>
          <Value value={one} depth={depth + 1} />
        </li>
      ))}
    </ul>
  );
}

function Names({ value, depth }: { value: object; depth: number }) {
  return (
    <Facts
      entries={entriesOf(value).map(([name, inner]) => [
        name,
        <Value key={name} value={inner} depth={depth + 1} />,
      ])}
    />
  );
}

/** The same as a line of text; what is empty is left out. */
export function describeValue(value: unknown): string {
  if (isEmpty(value)) return '';
  if (typeof value === 'boolean') return value ? TEXTS.result.yes : TEXTS.result.no;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(describeValue).filter(Boolean).join(', ');
  return entriesOf(value)
    .map(([name, inner]) => [formatName(name), describeValue(inner)])
    .filter(([, words]) => words)
    .map(([name, words]) => `${name}: ${words}`)
    .join(' · ');
}

interface Rows {
  /** Empty for lists of lists, whose places have no names. */
  columns: string[];
  cells: unknown[][];
}

/** Undefined for what is no list of flat things. */
function readRows(value: unknown[]): Rows | undefined {
  const lists = value.flatMap((one) => (Array.isArray(one) && isPlain(one) ? [one] : []));
  if (lists.length === value.length) return { columns: [], cells: lists };
  const things = value
    .filter(isRecord)
    .filter((one) => entriesOf(one).every(([, cell]) => isPlain(cell)));
  if (things.length < value.length) return undefined;
  const columns = [...new Set(things.flatMap((one) => entriesOf(one).map(([name]) => name)))];
  return { columns, cells: things.map((one) => columns.map((name) => one[name])) };
}

function Grid({ columns, cells }: Rows) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div class="scroller" tabIndex={0}>
      <table>
        {columns.length > 0 && (
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col" dir="auto">
                  <Words text={formatName(name)} />
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {cells.map((row, index) => (
            <tr key={`${index}-${row.length}`}>
              {row.map((cell, place) => (
                <td key={columns[place] ?? String(place)} dir="auto">
                  <Words text={describeValue(cell)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([name]) => !SHOWN_ELSEWHERE.includes(name));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && entriesOf(value).length === 0;
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** One thing, or a list of such. */
function isPlain(value: unknown): boolean {
  return !isNested(value) || (Array.isArray(value) && !value.some(isNested));
}
