import { useState } from 'preact/hooks';
import { formatBytes } from '../format.ts';
import type { ViewProps } from '../router.ts';
import { chooseScheme, type Scheme, scheme } from '../scheme.ts';
import { config, giveKey, givenKey, isKeyRefused } from '../session.ts';
import { TEXTS } from '../texts.ts';
import '../styles/settings.css';

const SCHEMES: Scheme[] = ['system', 'light', 'dark'];

export function View(_: ViewProps) {
  return (
    <>
      <h1>{TEXTS.nav.settings}</h1>
      <KeySetting />
      <SchemeSetting />
      <Service />
    </>
  );
}

/** The key that is used: it is never shown, for a page may be looked at by others. */
function KeySetting() {
  const [isKept, setKept] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    giveKey(String(new FormData(form).get('key') ?? '').trim());
    setKept(!isKeyRefused.value);
    if (!isKeyRefused.value) form.reset();
  };
  const { settings } = TEXTS;
  const isLocal = givenKey.value === undefined && config.value.apiKey !== undefined;
  return (
    <form class="panel setting" onSubmit={submit} aria-labelledby="key-title">
      <h2 id="key-title">{TEXTS.key.title}</h2>
      <p>
        {isLocal ? settings.keyOfMachine : givenKey.value ? settings.keyGiven : settings.keyNone}
      </p>
      <div class="inline">
        <label for="key">{TEXTS.key.label}</label>
        <input id="key" name="key" type="password" autocomplete="off" required />
        <button type="submit" class="primary">
          {TEXTS.key.use}
        </button>
        {givenKey.value && (
          <button type="button" class="plain" onClick={() => giveKey('')}>
            {settings.forget}
          </button>
        )}
      </div>
      <p class="quiet" role="status">
        {isKeyRefused.value ? TEXTS.key.refused : isKept ? settings.kept : ''}
      </p>
    </form>
  );
}

function SchemeSetting() {
  return (
    <fieldset class="panel setting">
      <legend>{TEXTS.settings.scheme}</legend>
      <div class="choices">
        {SCHEMES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="scheme"
              value={one}
              checked={scheme.value === one}
              onChange={() => chooseScheme(one)}
            />
            {TEXTS.settings.schemes[one]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Service() {
  const { model, maxBytes } = config.value;
  const { settings } = TEXTS;
  return (
    <section class="panel setting" aria-labelledby="service-title">
      <h2 id="service-title">{settings.service}</h2>
      <dl class="facts">
        <dt>{settings.address}</dt>
        <dd>{location.origin}</dd>
        {model && (
          <>
            <dt>{settings.models}</dt>
            <dd>{model.standIn ? settings.standIn : model.names.join(', ')}</dd>
          </>
        )}
        {maxBytes && (
          <>
            <dt>{settings.largest}</dt>
            <dd>{formatBytes(maxBytes)}</dd>
          </>
        )}
      </dl>
      <p>
        <a href="/reference.html">{TEXTS.uploads.reference}</a>
      </p>
      <p>
        <a href="/third-party-notices.txt">{settings.notices}</a>
      </p>
    </section>
  );
}
