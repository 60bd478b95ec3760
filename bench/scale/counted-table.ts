import * as z from 'zod';
import { createTable, type Table } from '../../lib/aws/table.ts';
import { createCaller, createClient } from '../../lib/aws/wire/client.ts';
import type { Connection } from '../../lib/aws/wire/sign.ts';

const BOUNDS = { connectMs: 1_000, answerMs: 30_000, tries: 1 };

const counted = z.looseObject({
  ConsumedCapacity: z.object({ CapacityUnits: z.number() }),
  ScannedCount: z.number().optional(),
});

/** What calls have been charged for. */
export interface Charged {
  calls: number;
  /** As AWS bills them: of 4 KB read, or 1 KB written; half of one where a read may be stale. */
  units: number;
  /** Of queries: items that were read, whether they were given out or not. */
  items: number;
}

/** The table, which also says what each call was charged for: that depends on what is read, not on the machine. */
export function connectCountedTable(connection: Connection): { table: Table; take(): Charged } {
  const send = createClient({ service: 'dynamodb', connection, ...BOUNDS });
  const call = createCaller(send, 'DynamoDB_20120810', '1.0');
  let charged: Charged = { calls: 0, units: 0, items: 0 };
  const table = createTable(async (operation, input) => {
    const answer = await call(operation, { ...input, ReturnConsumedCapacity: 'TOTAL' });
    const { ConsumedCapacity, ScannedCount = 0 } = counted.parse(answer);
    charged.calls += 1;
    charged.units += ConsumedCapacity.CapacityUnits;
    charged.items += ScannedCount;
    return answer;
  });
  return {
    table,
    take() {
      const taken = charged;
      charged = { calls: 0, units: 0, items: 0 };
      return taken;
    },
  };
}
