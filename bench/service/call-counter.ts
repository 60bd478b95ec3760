import type { AwsCall } from 'laptop-cloud/cloud';

/** How often each operation was called, by its name: `dynamodb GetItem`. */
export type Calls = Record<string, number>;

/** For a note. */
export function listCalls(calls: Calls): string {
  const each = Object.entries(calls).map(([name, count]) => `${name} ${Number(count.toFixed(2))}`);
  return each.join(', ');
}

/** Counts what functions call; what budgets and webhooks call stands apart, for it is not the analysis' own. */
export function createCallCounter() {
  const awsCalls = new Map<string, number>();
  const apartCalls = new Map<string, number>();
  return {
    count({ service, operation, caller, input }: AwsCall): void {
      if (!caller) return;
      const isApart = /"(spending|client|webhooks)#/.test(JSON.stringify(input ?? ''));
      const counts = isApart ? apartCalls : awsCalls;
      const name = `${service} ${operation}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },

    /** Since this was asked last. */
    take(): { awsCalls: Calls; apartCalls: Calls } {
      const taken = {
        awsCalls: Object.fromEntries(awsCalls),
        apartCalls: Object.fromEntries(apartCalls),
      };
      awsCalls.clear();
      apartCalls.clear();
      return taken;
    },
  };
}
