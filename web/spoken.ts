import { signal } from '@preact/signals';

/** What a screen reader says next: for changes that are seen, and would not be heard. */
export const spoken = signal('');

export function say(words: string): void {
  spoken.value = words;
}
