import { useState } from 'preact/hooks';
import { say } from '../spoken.ts';
import { TEXTS } from '../texts.ts';
import { Icon, type IconName } from './icon.tsx';

/** How long it says so, in milliseconds. */
const SAYING_MS = 2000;

/** Puts a text into the clipboard, and says so. */
export function CopyButton(props: { text: string; label?: string; icon?: IconName }) {
  const { text, label = TEXTS.copy, icon = 'copy' } = props;
  const [isDone, setDone] = useState(false);
  if (!navigator.clipboard) return null; // not on http:// but for this machine's own
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    say(TEXTS.copied);
    setTimeout(() => setDone(false), SAYING_MS);
  };
  return (
    <button type="button" class="plain" onClick={() => void copy()}>
      <Icon name={isDone ? 'check' : icon} /> {isDone ? TEXTS.copied : label}
    </button>
  );
}
