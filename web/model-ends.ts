import { signal } from '@preact/signals';
import type { ModelEnd, Readiness } from '@sightline/client';
import { key } from './session.ts';
import { readStored, store } from './stored.ts';

const KEPT = 'sightline-model-ends';

/** Models of the stage whose last day is near, or over. */
export const modelEnds = signal<ModelEnd[]>([]);

/** Asks once a day in a browser, for the service then asks all that it depends on. Who may not ask is not told. */
export async function learnModelEnds(): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const [day, kept = '[]'] = readStored('localStorage', KEPT)?.split('\n') ?? [];
  const ends = day === today ? JSON.parse(kept) : await askForEnds();
  if (!Array.isArray(ends)) return;
  modelEnds.value = ends;
  store('localStorage', KEPT, `${today}\n${JSON.stringify(ends)}`);
}

async function askForEnds(): Promise<ModelEnd[] | undefined> {
  try {
    const headers = { authorization: `Bearer ${key.value}` };
    const response = await fetch('/health/ready', { headers });
    const { warnings }: Partial<Readiness> = await response.json(); // also of a 503
    return warnings;
  } catch {
    return undefined;
  }
}
