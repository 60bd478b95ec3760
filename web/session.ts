import { computed, signal } from '@preact/signals';
import { type Client, createClient } from '@sightline/client';
import { createPatientFetch, type Waiting } from './patient-fetch.ts';
import { readStored, store } from './stored.ts';

const KEY_NAME = 'sightline-key';

/** What the service tells of itself at `/config.json`; on a laptop, the key as well. */
interface PageConfig {
  apiKey?: string;
  model?: { standIn: boolean; names: string[] };
  /** Of the largest file. */
  maxBytes?: number;
}

export const config = signal<PageConfig>({});
/** The client's key: the one given here (for this tab), else the laptop's. */
export const givenKey = signal(readStored('sessionStorage', KEY_NAME));
export const key = computed(() => givenKey.value ?? config.value.apiKey);
export const isKeyRefused = signal(false);

export async function loadSession(): Promise<void> {
  const response = await fetch('/config.json', { cache: 'no-store' }).catch(() => undefined);
  if (response?.ok) config.value = await response.json().catch(() => ({}));
}

/** Keeps the key for this tab; an empty one forgets it. */
export function giveKey(text: string): void {
  isKeyRefused.value = !/^[!-~]*$/.test(text); // no header takes it
  if (isKeyRefused.value) return;
  givenKey.value = text || undefined;
  store('sessionStorage', KEY_NAME, text || undefined);
}

/** The service's client. `waiting` is told of each wait for a limit, and of its end (undefined). */
export function connect(waiting?: Waiting): Client {
  const onUnauthorized = () => {
    isKeyRefused.value = true;
  };
  const fetch = createPatientFetch({ onUnauthorized, ...(waiting ? { waiting } : {}) });
  return createClient({ baseUrl: location.origin, key: () => key.value ?? '', fetch });
}

/** The one for every call that needs no own waiting. */
export const client = connect();
