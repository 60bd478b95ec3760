import type { Signal } from '@preact/signals';
import type { FoundBox } from '../boxes.ts';
import { formatName } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { SectionTitle } from './section-title.tsx';
import { Words } from './words.tsx';

/** What was found where, group by group; pointing at a name shows its box, and the other way round. */
export function Found(props: { boxes: FoundBox[]; pointed: Signal<number | undefined> }) {
  const { boxes, pointed } = props;
  const groups = [...new Set(boxes.map(({ group }) => group))];
  return (
    <>
      {groups.map((group) => (
        <section key={group} class="found" aria-label={nameOf(group)}>
          <SectionTitle>{nameOf(group)}</SectionTitle>
          <ul class="legend">
            {boxes.map((one, index) =>
              one.group === group ? (
                <li key={`${one.label}${index}`}>
                  <Name found={one} index={index} pointed={pointed} />
                </li>
              ) : null,
            )}
          </ul>
        </section>
      ))}
    </>
  );
}

interface NameProps {
  found: FoundBox;
  index: number;
  pointed: Signal<number | undefined>;
}

function Name({ found, index, pointed }: NameProps) {
  const on = () => {
    pointed.value = index;
  };
  const off = () => {
    if (pointed.value === index) pointed.value = undefined;
  };
  return (
    <button
      type="button"
      class={`hue-${found.hue}${pointed.value === index ? ' pointed' : ''}`}
      onMouseEnter={on}
      onMouseLeave={off}
      onFocus={on}
      onBlur={off}
      onClick={on}
    >
      <bdi>
        <Words text={found.label} />
      </bdi>
    </button>
  );
}

function nameOf(group: string): string {
  const names: Record<string, string> = TEXTS.result.groups;
  return names[group] ?? formatName(group);
}
