import { nameCategory, type Rating, UNRATED } from '../reading.ts';
import { TEXTS } from '../texts.ts';
import { SectionTitle } from './section-title.tsx';
import { Words } from './words.tsx';

/** Only what was rated above the lowest, or could not be rated: seven times "none" would hide the one that counts. */
export function Moderation({ ratings }: { ratings: Rating[] | undefined }) {
  if (!ratings) return null;
  const told = ratings.filter(({ level }) => level !== 'none');
  const isOpen = told.length > 0 && told.every(({ level }) => level === UNRATED);
  const isAllOpen = isOpen && told.length === ratings.length;
  return (
    <section class="moderation" aria-label={TEXTS.result.moderation}>
      <SectionTitle>{TEXTS.result.moderation}</SectionTitle>
      {told.length === 0 && <p>{TEXTS.result.moderationNone}</p>}
      {isAllOpen ? (
        <p>{TEXTS.result.moderationNotRated}</p>
      ) : (
        <ul class="tags">
          {told.map(({ category, level, reason }) => (
            <li key={category} class={`level-${level}`}>
              {nameCategory(category)}:{' '}
              {level === UNRATED ? TEXTS.result.notRated : <Words text={level} />}{' '}
              {reason && (
                <bdi>
                  (<Words text={reason} />)
                </bdi>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
