import { formatName } from '../format.ts';
import { TEXTS } from '../texts.ts';

/** Only what was rated above the lowest: seven times "none" would hide the one that counts. */
export function Moderation({ ratings }: { ratings: unknown }) {
  if (typeof ratings !== 'object' || ratings === null) return null;
  const raised = Object.entries(ratings).filter(([, level]) => level !== 'none');
  return (
    <section class="moderation" aria-label={TEXTS.result.moderation}>
      <h4>{TEXTS.result.moderation}</h4>
      {raised.length === 0 && <p>{TEXTS.result.moderationNone}</p>}
      <ul class="tags">
        {raised.map(([name, level]) => (
          <li key={name} class={`level-${level}`}>
            {formatName(name)}: {String(level)}
          </li>
        ))}
      </ul>
    </section>
  );
}
