import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Elsewhere } from './parts/elsewhere.tsx';
import { KeyForm } from './parts/key-form.tsx';
import { Masthead } from './parts/masthead.tsx';
import { Notices } from './parts/notices.tsx';
import { ProblemNote } from './parts/problem.tsx';
import { type Route, route, type ViewProps } from './router.ts';
import { isKeyRefused, key } from './session.ts';
import { spoken } from './spoken.ts';
import { readStored, store } from './stored.ts';
import { TEXTS } from './texts.ts';

interface ViewModule {
  View: ComponentType<ViewProps>;
  /** Whether the view brings its reader back to where they were in it. */
  hasPlace?: (entry: string) => boolean;
}

interface ViewEntry {
  title: string;
  load: () => Promise<ViewModule>;
}

/** Each view is a chunk of its own, loaded when it is first wanted. */
const VIEWS: Record<string, ViewEntry> = {
  '': { title: TEXTS.nav.upload, load: () => import('./views/upload.tsx') },
  analyses: { title: TEXTS.nav.analysis, load: () => import('./views/analysis.tsx') },
  library: { title: TEXTS.nav.library, load: () => import('./views/library.tsx') },
  analyzers: { title: TEXTS.nav.analyzers, load: () => import('./views/analyzers.tsx') },
  usage: { title: TEXTS.nav.usage, load: () => import('./views/usage.tsx') },
  settings: { title: TEXTS.nav.settings, load: () => import('./views/settings.tsx') },
};
const MISSING: ViewEntry = { title: TEXTS.nav.missing, load: () => import('./views/missing.tsx') };

const RELOADED = 'sightline-reloaded';

export function App() {
  const { view, rest, query, entry } = route.value;
  const needsKey = view !== 'settings' && (!key.value || isKeyRefused.value);
  useEffect(() => {
    // What a reload has interrupted goes on, whichever view is looked at.
    if (key.value) import('./uploads/uploads.ts').then((uploads) => uploads.restoreUploads());
  }, [key.value]);
  return (
    <>
      <button type="button" class="skip" onClick={focusMain}>
        {TEXTS.skip}
      </button>
      <Masthead current={view} />
      {(view !== '' || needsKey) && <Elsewhere mayAdd={!needsKey} />}
      <main id="main" tabIndex={-1}>
        <Notices />
        {needsKey ? <KeyForm /> : <Loaded view={view} rest={rest} query={query} entry={entry} />}
      </main>
      <p class="out-of-sight" role="status">
        {spoken.value}
      </p>
    </>
  );
}

function Loaded({ view, rest, query, entry }: Route) {
  const { title, load } = (Object.hasOwn(VIEWS, view) && VIEWS[view]) || MISSING; // `#/constructor` is none
  const [loaded, setLoaded] = useState<ViewModule & { name: string }>();
  const isFirst = useRef(true);
  useEffect(() => {
    let isWanted = true;
    document.title = view === '' ? TEXTS.name : `${title} · ${TEXTS.name}`;
    load()
      .then(({ View, hasPlace }) => {
        store('sessionStorage', RELOADED, undefined);
        if (isWanted) setLoaded({ name: view, View, ...(hasPlace && { hasPlace }) });
      })
      .catch(() => isWanted && !reloadOnce() && setLoaded({ name: view, View: Unreachable }));
    return () => {
      isWanted = false;
    };
  }, [view]);
  useEffect(() => {
    if (loaded && !isFirst.current && !loaded.hasPlace?.(entry)) focusMain(); // what a new page does by itself
    if (loaded) isFirst.current = false;
  }, [loaded]);
  return loaded?.name === view ? <loaded.View rest={rest} query={query} entry={entry} /> : null;
}

/** Its file may be gone, for a newer page was deployed; else it is the network. */
function reloadOnce(): boolean {
  if (!navigator.onLine || readStored('sessionStorage', RELOADED)) return false;
  store('sessionStorage', RELOADED, 'yes');
  if (!readStored('sessionStorage', RELOADED)) return false; // nothing is kept here: it would never end
  location.reload();
  return true;
}

function Unreachable() {
  return <ProblemNote problem={{ code: 'network' }} onRetry={() => location.reload()} />;
}

function focusMain(): void {
  scrollTo({ top: 0 });
  document.getElementById('main')?.focus({ preventScroll: true });
}
