import { useId } from 'preact/hooks';
import { formatDay } from '../format.ts';

interface DayValue {
  date: string;
  value: number;
  words: string;
}

const HEIGHT = 100;
const BAR = 10;

/** A bar for each day. Its numbers stand in the table below, for whoever cannot see it. */
export function DaysChart({ title, days }: { title: string; days: DayValue[] }) {
  const id = useId();
  const most = Math.max(...days.map(({ value }) => value), 0);
  const highest = days.find(({ value }) => value === most);
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption id={id}>
        {title} {most > 0 && <span class="quiet">↑ {highest?.words}</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${days.length * BAR} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {days.map(({ date, value, words }, index) => {
          const height = most > 0 ? (value / most) * HEIGHT : 0;
          return (
            <g key={date}>
              <title>{`${formatDay(date)}: ${words}`}</title>
              <rect class="back" x={index * BAR} y="0" width={BAR} height={HEIGHT} />
              <rect
                class="bar"
                x={index * BAR + 1}
                y={HEIGHT - height}
                width={BAR - 2}
                height={height}
              />
            </g>
          );
        })}
      </svg>
      <div class="ends quiet">
        <span>{formatDay(days.at(0)?.date ?? '')}</span>
        <span>{formatDay(days.at(-1)?.date ?? '')}</span>
      </div>
    </figure>
  );
}
