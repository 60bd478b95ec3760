import { useId } from 'preact/hooks';

interface MeterProps {
  label: string;
  /** What is written beside it. */
  words: string;
  value: number;
  /** Set aside for what is at work now. */
  reserved?: number;
  max: number;
}

/** How much of a limit is used: a bar that says it in words, too. */
export function Meter({ label, words, value, reserved = 0, max }: MeterProps) {
  const id = useId();
  const share = (amount: number) => `${max > 0 ? Math.min(100, (amount / max) * 100) : 100}%`;
  return (
    <div class="meter-row">
      <span id={id}>{label}</span>
      <span class="quiet">{words}</span>
      <meter
        class="out-of-sight"
        aria-labelledby={id}
        max={max}
        value={Math.min(value, max)}
        aria-valuetext={words}
      />
      <div class={value >= max ? 'meter full' : 'meter'} aria-hidden="true">
        <div class="reserved" style={{ width: share(value + reserved) }} />
        <div class="used" style={{ width: share(value) }} />
      </div>
    </div>
  );
}
