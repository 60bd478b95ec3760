import type { ViewProps } from '../router.ts';
import { TEXTS } from '../texts.ts';

export function View(_: ViewProps) {
  return (
    <>
      <h1>{TEXTS.upload.title}</h1>
      <p class="quiet">
        <a href="/reference.html">{TEXTS.upload.reference}</a>
      </p>
    </>
  );
}
