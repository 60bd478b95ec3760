import { splitName, splitWords } from '../names.ts';
import { TEXTS } from '../texts.ts';

/** Words of a model or of a client: what would turn the order of their letters is to be seen. */
export function Words({ text }: { text: string }) {
  return <Parts parts={splitWords(text)} />;
}

/** The same for names, in which nothing unseen has a place. */
export function NameWords({ text }: { text: string }) {
  return <Parts parts={splitName(text)} />;
}

function Parts({ parts }: { parts: string[] }) {
  return (
    <>
      {parts.map((part, index) =>
        index % 2 ? (
          <span key={`${part}${index}`} class="unseen" title={TEXTS.unseen}>
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </>
  );
}
