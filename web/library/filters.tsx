import type { AnalyzerSummary } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { go, hrefTo } from '../router.ts';
import { client } from '../session.ts';
import { TEXTS } from '../texts.ts';
import { isDay } from './days.ts';
import type { Filters } from './listing.ts';

const STATUSES = ['succeeded', 'processing', 'queued', 'failed', 'rejected'] as const;
const DAYS = ['from', 'to'];

/** What the address says: a filtered list can be passed on. A status or a day that is none is left out. */
export function readFilters(query: URLSearchParams): Filters {
  const status = STATUSES.find((one) => one === query.get('status'));
  const given = ['tag', 'analyzer', 'from', 'to']
    .map((name) => [name, query.get(name) ?? ''] as const)
    .filter(([name, value]) => (DAYS.includes(name) ? isDay(value) : value));
  return { ...(status && { status }), ...Object.fromEntries(given) };
}

export function FilterForm({ filters }: { filters: Filters }) {
  const [analyzers, setAnalyzers] = useState<AnalyzerSummary[]>([]);
  useEffect(() => {
    client.listAnalyzers().then(setAnalyzers, () => {}); // the filter by it is an extra
  }, []);
  const choose = (event: Event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement)
      go(hrefTo(['library'], { ...filters, [field.name]: field.value.trim() }));
  };
  const { library } = TEXTS;
  return (
    <form class="filters" onChange={choose} onSubmit={(event) => event.preventDefault()}>
      <label>
        {library.status}
        <select name="status" value={filters.status ?? ''}>
          <option value="">{library.any}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {library.statuses[status]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {library.analyzer}
        <select name="analyzer" value={filters.analyzer ?? ''}>
          <option value="">{library.any}</option>
          {nameAll(analyzers, filters.analyzer).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {library.tag}
        <input name="tag" type="text" value={filters.tag ?? ''} />
      </label>
      <label>
        {library.from}
        <input name="from" type="date" value={filters.from ?? ''} max={filters.to} />
      </label>
      <label>
        {library.to}
        <input name="to" type="date" value={filters.to ?? ''} min={filters.from} />
      </label>
    </form>
  );
}

/** The one of the address, too, before the list of them has come. */
function nameAll(analyzers: AnalyzerSummary[], chosen: string | undefined): string[] {
  const names = analyzers.map(({ name }) => name);
  return chosen && !names.includes(chosen) ? [chosen, ...names] : names;
}
