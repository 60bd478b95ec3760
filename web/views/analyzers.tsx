import type { ViewProps } from '../router.ts';
import { TEXTS } from '../texts.ts';

export function View(_: ViewProps) {
  return <h1>{TEXTS.nav.analyzers}</h1>;
}
