import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { say } from '../spoken.ts';
import { TEXTS } from '../texts.ts';

/**
 * A button that has to be pressed twice: what it does cannot be undone. The question stands for as long as its
 * reader needs, until they are at something else. `name` is for screen readers.
 */
export function SureButton(props: { label: string; name?: string; onSure: () => void }) {
  const { label, name = label, onSure } = props;
  const [isAsking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (!isAsking) return;
    const stop = new AbortController();
    const { signal } = stop;
    const leave = ({ target }: Event) => {
      if (!(target instanceof Node && button.current?.contains(target))) setAsking(false);
    };
    // Some browsers focus no button that is clicked, so its blur alone would not tell.
    document.addEventListener('pointerdown', leave, { signal });
    document.addEventListener('focusin', leave, { signal });
    return () => stop.abort();
  }, [isAsking]);
  const press = () => {
    setAsking(!isAsking);
    if (isAsking) onSure();
    else say(TEXTS.sure);
  };
  return (
    <button
      ref={button}
      type="button"
      class={isAsking ? 'plain sure' : 'plain'}
      aria-label={isAsking ? TEXTS.sure : name}
      onClick={press}
      onKeyDown={({ key }) => {
        if (key === 'Escape') setAsking(false);
      }}
    >
      {isAsking ? TEXTS.sure : label}
    </button>
  );
}
