import { signal } from '@preact/signals';
import { readStored, store } from './stored.ts';

/** Dark, light, or as the system has it. */
export type Scheme = 'system' | 'light' | 'dark';

const NAME = 'sightline-scheme';

export const scheme = signal<Scheme>(readScheme());

function readScheme(): Scheme {
  const kept = readStored('localStorage', NAME);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** tokens.css has the colours of both. */
export function applyScheme(): void {
  if (scheme.value === 'system') delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = scheme.value;
}

/** Chooses and keeps it, for this browser. */
export function chooseScheme(chosen: Scheme): void {
  scheme.value = chosen;
  store('localStorage', NAME, chosen);
  applyScheme();
}
