import type { Table } from '../aws/table.ts';
import { idsBetween } from './ids.ts';
import { type Status, type SummaryRecord, shownStatus, summaryRecord } from './record.ts';
import { ownerOfTombstone } from './record-store.ts';

/** Items read by one query where a filter may drop most of them, and queries made for one page: a rare filter must not read a whole table. */
const QUERY_ITEMS = 100;
const MAX_QUERIES_PER_PAGE = 10;
/** Bytes of a page's JSON: a function's answer may have 6 MB. */
const MAX_PAGE_BYTES = 4_000_000;

interface ListOptions {
  clientId: string;
  limit: number;
  /** The id of the last analysis of the page before. */
  after?: string | undefined;
  status?: Status | undefined;
  tag?: string | undefined;
  analyzer?: string | undefined;
  /** The object's key. */
  key?: string | undefined;
  /** Times of creation, both included: epoch milliseconds. */
  from?: number | undefined;
  to?: number | undefined;
  /** Epoch milliseconds. */
  now: number;
}

interface Page {
  items: SummaryRecord[];
  /** The id to go on after; undefined at the end of the list. A page may be short, even empty, before it. */
  next?: string | undefined;
}

/** Lists a client's analyses, newest first, from the indexes, which hold summaries only. */
export function createAnalysisLists(table: Table, tableName: string) {
  async function query(options: ListOptions, after: string | undefined) {
    const { Items = [], LastEvaluatedKey } = await table.query({
      TableName: tableName,
      ...describeQuery(options, after),
    });
    const items = Items.map((item) => summaryRecord.parse(item));
    return { items, last: LastEvaluatedKey && String(LastEvaluatedKey.id) };
  }

  return {
    async list(options: ListOptions): Promise<Page> {
      const found: SummaryRecord[] = [];
      let after = options.after;
      if (after && after <= idsBetween(options.from).first) return { items: found };
      for (let queries = 0; queries < MAX_QUERIES_PER_PAGE; queries += 1) {
        const { items, last } = await query(options, after);
        found.push(...items.filter((item) => matches(item, options)));
        const page = cut(found, options.limit);
        if (page) return page;
        if (!last) return { items: found };
        after = last;
      }
      return { items: found, next: after };
    },

    /** The ids of a client's analyses whose deletion was begun, and is not finished. */
    async listBuried(clientId: string, limit: number): Promise<string[]> {
      const owner = ownerOfTombstone(clientId);
      const { Items = [] } = await table.query({
        TableName: tableName,
        ...describeQuery({ clientId: owner, limit: limit - 1, now: 0 }, undefined),
      });
      return Items.map(({ id }) => String(id));
    },
  };
}

/** A page that is full, by count or by size; undefined while there is room. */
function cut(found: SummaryRecord[], limit: number): Page | undefined {
  let bytes = 0;
  const fitting = found.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return bytes > MAX_PAGE_BYTES;
  });
  const end = Math.min(limit, fitting < 0 ? limit : Math.max(1, fitting));
  if (found.length <= end) return undefined;
  const items = found.slice(0, end);
  return { items, next: items.at(-1)?.id };
}

function matches(item: SummaryRecord, { status, tag, analyzer, now }: ListOptions): boolean {
  if (status && shownStatus(item, now) !== status) return false;
  if (tag && !item.tags.includes(tag)) return false;
  return !analyzer || item.analyzer.name === analyzer;
}

/** A time is a part of the key, so that what is outside of it is not read: it may begin long ago. */
function describeQuery({ clientId, key, ...options }: ListOptions, after: string | undefined) {
  const [index, name, value] =
    key === undefined
      ? ['byClient', 'clientId', clientId]
      : ['byKey', 'clientKey', `${clientId}#${key}`];
  const { first, last } = idsBetween(options.from, options.to);
  // Of another list's cursor: the table refuses to start outside of what is asked for.
  const start = after && after <= last && { pk: `analysis#${after}`, id: after, [name]: value };
  return {
    IndexName: index,
    KeyConditionExpression: '#owner = :owner AND id BETWEEN :first AND :last',
    ExpressionAttributeNames: { '#owner': name },
    ExpressionAttributeValues: { ':owner': value, ':first': first, ':last': last },
    ScanIndexForward: false,
    Limit: options.status || options.tag || options.analyzer ? QUERY_ITEMS : options.limit + 1,
    ...(start ? { ExclusiveStartKey: start } : {}),
  };
}
