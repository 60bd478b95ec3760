import { analysisRecord } from '../lib/analysis/record.ts';
import { createAnalyses } from '../lib/analysis/record-store.ts';
import type { Item, Table, Update } from '../lib/aws/table.ts';
import { nameReservation, parseMonth } from '../lib/budget/spending-store.ts';

/**
 * Ends every hold that the run before has left in the table, whatever it is on: nobody of that run is alive,
 * and nothing may wait for its time to be up. To be called while no function runs. Returns how many there were.
 * (Messages in flight are the queues' to show again.)
 */
export async function releaseLeases(table: Table, TableName: string): Promise<number> {
  const holds = describeHolds(table, TableName);
  let released = 0;
  const scan = {
    TableName,
    FilterExpression: holds.map(({ filter }) => `(${filter})`).join(' OR '),
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: Object.assign({}, ...holds.map(({ values }) => values)),
  };
  for await (const item of table.scan(scan)) {
    const hold = holds.find(({ prefix }) => String(item.pk).startsWith(prefix));
    released += (await hold?.release(item)) ? 1 : 0;
  }
  return released;
}

type Change = Omit<Update, 'TableName' | 'Key'>;

interface Hold {
  /** What the keys of such items begin with. */
  prefix: string;
  /** Those that are held, and the values that this names. */
  filter: string;
  values: Item;
  /** Whether there was something to end. */
  release(item: Item): Promise<boolean>;
}

function describeHolds(table: Table, TableName: string): Hold[] {
  const analyses = createAnalyses(table, TableName);
  const remove = async ({ pk }: Item) => {
    await table.delete({ TableName, Key: { pk } });
    return true;
  };
  const change = async ({ pk }: Item, update: Change) => {
    await table.update({ TableName, Key: { pk }, ...update });
    return true;
  };

  return [
    {
      // Without counting the try: a laptop that is switched off is not the file's fault.
      prefix: 'analysis#',
      filter: '#status = :processing',
      values: { ':processing': 'processing' },
      release(item) {
        const { id, version, attempts } = analysisRecord.parse(item);
        const back = { status: 'queued', attempts: Math.max(0, attempts - 1) } as const;
        return analyses.settle(id, back, { version });
      },
    },
    {
      // A request that died without its answer: the next one of its key goes on with it.
      prefix: 'idempotency#',
      filter:
        'begins_with(pk, :idempotency) AND attribute_not_exists(answer) AND leaseUntil > :zero',
      values: { ':idempotency': 'idempotency#', ':zero': 0 },
      release: (item) =>
        change(item, {
          UpdateExpression: 'SET leaseUntil = :zero',
          ExpressionAttributeValues: { ':zero': 0 },
        }),
    },
    {
      // Money set aside: it may have been spent, and nobody will give any of it back.
      prefix: 'spending#',
      filter: 'begins_with(pk, :spending)',
      values: { ':spending': 'spending#' },
      async release(item) {
        const held = Object.entries(parseMonth('', item).reservations);
        const alive = held.filter(([, { until }]) => until > 0);
        for (const [id] of alive)
          await change(item, {
            UpdateExpression: 'SET #held.#until = :zero',
            ExpressionAttributeNames: { '#held': nameReservation(id), '#until': 'until' },
            ExpressionAttributeValues: { ':zero': 0 },
          });
        return alive.length > 0;
      },
    },
    {
      // A receiver that was being called: the message comes again, and goes on.
      prefix: 'delivery#',
      filter: 'begins_with(pk, :delivery) AND leaseUntil > :zero',
      values: { ':delivery': 'delivery#', ':zero': 0 },
      release: (item) => change(item, { UpdateExpression: 'REMOVE leaseToken, leaseUntil' }),
    },
    {
      // Tokens that instances had taken in advance (lib/rates/rate-lease.ts) went with them.
      prefix: 'rate#reads#',
      filter: 'begins_with(pk, :reads)',
      values: { ':reads': 'rate#reads#' },
      release: remove,
    },
    {
      // A model that was left alone may be another server's by now; where it is not, one call shows it.
      prefix: 'model-pause#',
      filter: 'begins_with(pk, :pause)',
      values: { ':pause': 'model-pause#' },
      release: remove,
    },
  ];
}
