import { hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';
import { Icon, type IconName } from './icon.tsx';

const PLACES: { view: string; icon: IconName; name: string }[] = [
  { view: '', icon: 'add', name: TEXTS.nav.upload },
  { view: 'library', icon: 'grid', name: TEXTS.nav.library },
  { view: 'analyzers', icon: 'lens', name: TEXTS.nav.analyzers },
  { view: 'usage', icon: 'chart', name: TEXTS.nav.usage },
  { view: 'settings', icon: 'sliders', name: TEXTS.nav.settings },
];

export function Masthead({ current }: { current: string }) {
  return (
    <header class="masthead">
      <a class="brand" href={hrefTo([])}>
        <img src="/icon.svg" alt="" width="28" height="28" />
        {TEXTS.name}
      </a>
      <nav aria-label={TEXTS.nav.label}>
        <ul>
          {PLACES.map(({ view, icon, name }) => (
            <li key={view}>
              <a
                href={hrefTo(view ? [view] : [])}
                aria-current={view === current ? 'page' : undefined}
              >
                <Icon name={icon} />
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
