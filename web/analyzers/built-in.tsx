import type { Analyzer } from '@sightline/client';
import { hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';
import { printSchema } from './draft.ts';

/** What is known of one that nobody can change, and the way to an own one like it. */
export function BuiltIn({ analyzer }: { analyzer: Analyzer }) {
  const { name, version, description, media, options, schema } = analyzer;
  const { analyzers } = TEXTS;
  const mayBeOwn = media.includes('image') || media.includes('document'); // what own ones take
  return (
    <section class="panel built-in" aria-labelledby="built-in-title">
      <h2 id="built-in-title">{name}</h2>
      <p class="quiet">
        {analyzers.builtIn} · {analyzers.version(version)} · {analyzers.takes(media)}
      </p>
      <p>{description}</p>
      {options !== undefined && <Shape title={analyzers.optionsShape} shape={options} />}
      {schema !== undefined && <Shape title={analyzers.answerShape} shape={schema} />}
      {mayBeOwn ? (
        <a class="primary" href={hrefTo(['analyzers', 'new'], { from: name })}>
          {analyzers.makeOwn}
        </a>
      ) : (
        <p class="quiet">{analyzers.noOwn}</p>
      )}
    </section>
  );
}

function Shape({ title, shape }: { title: string; shape: unknown }) {
  return (
    <details>
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0}>{printSchema(shape)}</pre>
    </details>
  );
}
