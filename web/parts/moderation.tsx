import { formatName } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { SectionTitle } from './section-title.tsx';
import { Words } from './words.tsx';

/** Only what was rated above the lowest: seven times "none" would hide the one that counts. */
export function Moderation({ ratings }: { ratings: unknown }) {
  if (typeof ratings !== 'object' || ratings === null) return null;
  const levels = Object.entries(ratings).flatMap(([name, rating]) => readLevel(name, rating));
  const raised = levels.filter(({ level }) => level !== 'none');
  return (
    <section class="moderation" aria-label={TEXTS.result.moderation}>
      <SectionTitle>{TEXTS.result.moderation}</SectionTitle>
      {raised.length === 0 && <p>{TEXTS.result.moderationNone}</p>}
      <ul class="tags">
        {raised.map(({ name, level, reason }) => (
          <li key={name} class={`level-${level}`}>
            {formatName(name)}: <Words text={level} />{' '}
            {reason && (
              <bdi>
                (<Words text={reason} />)
              </bdi>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A level, or a level with its reason; of a video the highest, for its parts stand beside the player. */
function readLevel(name: string, rating: unknown) {
  if (typeof rating === 'string') return [{ name, level: rating, reason: '' }];
  if (typeof rating !== 'object' || rating === null || !('level' in rating)) return [];
  const reason = 'reason' in rating ? String(rating.reason) : '';
  return [{ name, level: String(rating.level), reason }];
}
