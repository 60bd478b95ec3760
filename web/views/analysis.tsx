import type { ViewProps } from '../router.ts';
import { TEXTS } from '../texts.ts';

export function View({ rest: [id] }: ViewProps) {
  return (
    <h1>
      {TEXTS.nav.analysis} <bdi>{id}</bdi>
    </h1>
  );
}
