import { isAway } from '../patient-fetch.ts';
import { config } from '../session.ts';
import { TEXTS } from '../texts.ts';

/** What holds for the whole page: no connection, no real model. */
export function Notices() {
  return (
    <>
      <div role="status">{isAway.value && <p class="notice">{TEXTS.away}</p>}</div>
      {config.value.model?.standIn && (
        <p class="notice">
          <strong>{TEXTS.standIn.title}</strong> {TEXTS.standIn.what}{' '}
          <code>GEMINI_API_KEY=… npm start</code>
        </p>
      )}
    </>
  );
}
