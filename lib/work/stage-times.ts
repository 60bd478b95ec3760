import type { Stage, StageMs } from '../analysis.ts';

/** Measures the stages of one try, which begins now by validating. `now` in epoch milliseconds. */
export function timeStages(now: () => number) {
  const passed: StageMs = {};
  let current: Stage = 'validating';
  let begun = now();

  function listAll(): StageMs {
    return { ...passed, [current]: Math.max(0, Math.round(now() - begun)) };
  }

  return {
    begin(stage: Stage): void {
      if (stage === current) return;
      Object.assign(passed, listAll());
      current = stage;
      begun = now();
    },
    listPassed: (): StageMs => ({ ...passed }),
    /** With the one that ends now. */
    listAll,
  };
}
