import { hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';

export function View() {
  return (
    <section class="panel">
      <h1>{TEXTS.nav.missing}</h1>
      <a href={hrefTo([])}>{TEXTS.intake.title}</a>
    </section>
  );
}
