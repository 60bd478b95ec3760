import { giveKey, isKeyRefused } from '../session.ts';
import { TEXTS } from '../texts.ts';

/** Asks for a key; the session keeps it for this tab. */
export function KeyForm() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    giveKey(String(new FormData(event.currentTarget).get('key') ?? '').trim());
  };
  return (
    <form class="panel" onSubmit={submit}>
      <h1>{TEXTS.key.title}</h1>
      <p>{TEXTS.key.why}</p>
      {isKeyRefused.value && (
        <p class="bad" role="alert">
          {TEXTS.key.refused}
        </p>
      )}
      <div class="inline">
        <label for="key">{TEXTS.key.label}</label>
        <input id="key" name="key" type="password" autocomplete="off" required />
        <button type="submit" class="primary">
          {TEXTS.key.use}
        </button>
      </div>
    </form>
  );
}
