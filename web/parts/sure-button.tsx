import { useEffect, useState } from 'preact/hooks';
import { TEXTS } from '../texts.ts';

/** How long the question stands, in milliseconds. */
const ASKING_MS = 4000;

/** A button that has to be pressed twice: what it does cannot be undone. `name` is for screen readers. */
export function SureButton(props: { label: string; name?: string; onSure: () => void }) {
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (!isAsking) return;
    const timer = setTimeout(() => setAsking(false), ASKING_MS);
    return () => clearTimeout(timer);
  }, [isAsking]);
  const press = () => {
    setAsking(!isAsking);
    if (isAsking) props.onSure();
  };
  return (
    <button
      type="button"
      class={isAsking ? 'plain sure' : 'plain'}
      aria-label={isAsking ? TEXTS.sure : (props.name ?? props.label)}
      onClick={press}
    >
      {isAsking ? TEXTS.sure : props.label}
    </button>
  );
}
