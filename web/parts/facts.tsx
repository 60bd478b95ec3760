import type { ComponentChildren } from 'preact';
import { formatName } from '../format.ts';
import { Words } from './words.tsx';

/** Names with their values; what is empty is left out. */
export function Facts({ entries }: { entries: [name: string, value: ComponentChildren][] }) {
  const said = entries.filter(([, value]) => value !== undefined && value !== '');
  if (said.length === 0) return null;
  return (
    <dl class="facts">
      {said.map(([name, value]) => (
        <div key={name}>
          <dt>
            <bdi>
              <Words text={formatName(name)} />
            </bdi>
          </dt>
          <dd dir="auto">{typeof value === 'string' ? <Words text={value} /> : value}</dd>
        </div>
      ))}
    </dl>
  );
}
