import { NameWords } from './words.tsx';

/** Where a name is cut short, this stays. */
const ENDING = /\.[A-Za-z0-9]{1,8}$/;
/** Shorter ones are shown whole, on a phone too. */
const SHORT_CHARACTERS = 24;

/** The name of a file, apart from the text around it, with all that is in it to be seen. */
export function FileName({ name }: { name: string }) {
  const ending = (name.length > SHORT_CHARACTERS && ENDING.exec(name)?.[0]) || '';
  return (
    <bdi class="file-name">
      <span class="stem">
        <NameWords text={name.slice(0, name.length - ending.length)} />
      </span>
      {ending && <span>{ending}</span>}
    </bdi>
  );
}
