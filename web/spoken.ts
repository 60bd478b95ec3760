import { signal } from '@preact/signals';

/** What a screen reader says next: for changes that are seen, and would not be heard. */
export const spoken = signal('');

export function say(words: string): void {
  // The same words once more would be no change, and not be heard.
  spoken.value = words === spoken.value ? `${words}\u00a0` : words;
}
