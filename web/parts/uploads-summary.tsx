import { TEXTS } from '../texts.ts';
import type { Upload } from '../uploads/upload.ts';
import { dropUpload } from '../uploads/uploads.ts';
import { Countdown } from './countdown.tsx';

/** How far all of them are, and what they wait for. */
export function UploadsSummary({ uploads }: { uploads: Upload[] }) {
  const states = uploads.map(({ state }) => state.value);
  const ended = uploads.filter(({ state }) => state.value.phase === 'ended');
  const waits = states.flatMap(({ limitedUntil }) => limitedUntil ?? []);
  return (
    <div class="heading summary">
      <h2 id="uploads-title">{TEXTS.uploads.title}</h2>
      <p class="quiet">
        {waits.length > 0 && (
          <>
            {TEXTS.uploads.limited} <Countdown until={Math.min(...waits)} />
            {' · '}
          </>
        )}
        <span role="status">{TEXTS.uploads.done(ended.length, uploads.length)}</span>
      </p>
      {ended.length > 0 && (
        <button type="button" class="plain" onClick={() => ended.forEach(dropUpload)}>
          {TEXTS.uploads.clear}
        </button>
      )}
    </div>
  );
}
