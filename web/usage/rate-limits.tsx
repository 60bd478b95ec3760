import { rateLimits } from '../patient-fetch.ts';
import { TEXTS } from '../texts.ts';
import { readLimit } from './limits.ts';
import { Meter } from './meter.tsx';

/** As the last answers told of them. */
export function RateLimits() {
  const limits = Object.entries(rateLimits.value).map(([name, fields]) =>
    readLimit(name, fields, Date.now()),
  );
  const { usage } = TEXTS;
  const names: Record<string, string> = usage.limitNames;
  return (
    <section class="panel spending" aria-labelledby="limits-title">
      <h2 id="limits-title">{usage.limits}</h2>
      {limits.map(
        (limit) =>
          limit && (
            <Meter
              key={limit.name}
              label={names[limit.name] ?? limit.name}
              words={usage.left(limit.left, limit.most, limit.windowSeconds)}
              value={limit.most - limit.left}
              max={limit.most}
            />
          ),
      )}
      {!rateLimits.value.uploads && <p class="quiet">{usage.uploadsUntold}</p>}
    </section>
  );
}
