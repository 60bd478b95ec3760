/** What one run of one variant took; `undefined` where it is not known. */
export interface Cost {
  /** User and system time of the processor, a picture or request, in milliseconds. */
  cpuMs: number;
  wallMs?: number | undefined;
  peakMiB?: number | undefined;
  /** Sent to the model. */
  bytes?: number | undefined;
}

/** One of the things compared; what it cannot do is `undefined`. */
export interface Variant<Subject> {
  name: string;
  measure(subject: Subject): Promise<Cost | undefined>;
}

/** The costs of a variant, one a round. */
export interface Measured {
  name: string;
  costs: Cost[];
}

/** Each variant once a round, A B A B: what slows the machine down meets all of them. */
export async function measureInTurn<Subject>(
  subject: Subject,
  variants: readonly Variant<Subject>[],
  rounds: number,
  onRound: (round: number, rounds: number) => void = () => {},
): Promise<Measured[]> {
  const measured: Measured[] = variants.map(({ name }) => ({ name, costs: [] }));
  for (let round = 0; round < rounds; round += 1) {
    onRound(round, rounds);
    for (const [index, variant] of variants.entries()) {
      const cost = await variant.measure(subject);
      if (cost) measured[index]?.costs.push(cost);
    }
  }
  return measured;
}

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? NaN, sorted[Math.floor(middle)] ?? NaN];
  return (low + high) / 2;
}

/** Of a sorted or unsorted list, the value that this share (0–1) of it does not pass. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The median of the rounds' own ratios; undefined where a round of either is missing. */
export function medianRatio(
  ours: Measured,
  theirs: Measured,
  pick: (cost: Cost) => number | undefined,
): number | undefined {
  const ratios = ours.costs.map((cost, round) => {
    const other = theirs.costs[round];
    return (pick(cost) ?? NaN) / ((other && pick(other)) ?? NaN);
  });
  const ratio = median(ratios);
  return Number.isFinite(ratio) ? ratio : undefined;
}

/** The median over the rounds; undefined where none knows it. */
export function medianCost(
  { costs }: Measured,
  pick: (cost: Cost) => number | undefined,
): number | undefined {
  const known = costs.map(pick).filter((value) => value !== undefined);
  return known.length > 0 ? median(known) : undefined;
}
