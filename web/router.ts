import { signal } from '@preact/signals';

/** Where the page is: `#/analyses/an_1?tag=x` has the view `analyses`, the rest `['an_1']` and a query. */
export interface Route {
  view: string;
  rest: string[];
  query: URLSearchParams;
  /** Of the browser's history: who comes back finds the same one again. */
  entry: string;
}

/** What each view is given. */
export type ViewProps = Pick<Route, 'rest' | 'query' | 'entry'>;

// In the hash: a folder of files serves every address, and no address of a view can be taken for one of the API.
export const route = signal<Route>({ ...parseHash(''), entry: '' });

export function startRouter(): void {
  history.scrollRestoration = 'manual'; // a browser restores it before anything is there to scroll
  const read = () => {
    route.value = { ...parseHash(location.hash), entry: nameEntry() };
  };
  addEventListener('hashchange', read);
  read();
}

function nameEntry(): string {
  const known: unknown = history.state?.entry;
  if (typeof known === 'string') return known;
  const entry = String(Math.random());
  history.replaceState({ entry }, '');
  return entry;
}

function parseHash(hash: string): Omit<Route, 'entry'> {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view = '', ...rest] = path.split('/').map(decode);
  return { view, rest, query: new URLSearchParams(query) };
}

/** An address of a view: `hrefTo(['analyses', id])`; what is undefined is left out of the query. */
export function hrefTo(segments: string[], query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const tail = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
  return `#/${segments.map(encodeURIComponent).join('/')}${tail}`;
}

export function go(href: string): void {
  location.hash = href;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // somebody typed a lone %
  }
}
