import { useEffect } from 'preact/hooks';
import { learnModelEnds, modelEnds } from '../model-ends.ts';
import { isAway } from '../patient-fetch.ts';
import { config, isKeyRefused, key } from '../session.ts';
import { TEXTS } from '../texts.ts';

/** What holds for the whole page: no connection, no real model, models that end. */
export function Notices() {
  const mayAsk = Boolean(key.value) && !isKeyRefused.value;
  useEffect(() => {
    if (mayAsk) learnModelEnds();
  }, [mayAsk]);
  return (
    <>
      <div role="status">{isAway.value && <p class="notice">{TEXTS.away}</p>}</div>
      {config.value.model?.standIn && (
        <p class="notice">
          <strong>{TEXTS.standIn.title}</strong> {TEXTS.standIn.what}{' '}
          <code>GEMINI_API_KEY=… npm start</code>
        </p>
      )}
      {modelEnds.value.map((end) => (
        <p key={end.model} class="notice small">
          {TEXTS.modelEnds(end)}
        </p>
      ))}
    </>
  );
}
