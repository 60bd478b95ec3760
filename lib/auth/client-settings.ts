import * as z from 'zod/mini';
import { ANALYSES_CHECKS, PER_MINUTE_CHECKS, RETENTION_DAYS, USD_CHECKS } from '../amounts.ts';
import type { Table } from '../aws/table.ts';

/** How long settings are trusted before they are read again, in milliseconds: no change takes longer to hold. */
export const CLIENT_SETTINGS_TTL_MS = 10_000;
/** Clients whose settings one instance keeps at a time. */
const MAX_CACHED_CLIENTS = 1_000;
/** Of an allow list: every request goes through all of it. */
const MAX_ALLOWED_BLOCKS = 100;

const amount = z.number().check(...USD_CHECKS);
const count = z.number().check(...ANALYSES_CHECKS);
const perMinute = z.number().check(...PER_MINUTE_CHECKS);
const days = z.literal(RETENTION_DAYS);

/** Settings of one client; the stage's defaults hold for the rest. */
export const clientSettings = z.object({
  /** Money in USD; days and months are UTC's. */
  budget: z.optional(
    z.object({
      dayUsd: z.optional(amount),
      monthUsd: z.optional(amount),
      dayAnalyses: z.optional(count),
      monthAnalyses: z.optional(count),
      /** The most that one analysis may cost. */
      analysisUsd: z.optional(amount),
    }),
  ),
  /** 0 = no limit. */
  uploadsPerMinute: z.optional(perMinute),
  readsPerMinute: z.optional(perMinute),
  retention: z.optional(
    z.object({
      uploadDays: z.optional(days),
      recordDays: z.optional(days),
    }),
  ),
  /** Addresses that the client may call from, as CIDR blocks; empty or left out: any. */
  allow: z.optional(z.array(z.string()).check(z.maxLength(MAX_ALLOWED_BLOCKS))),
  /** Whether every request with a key has to be signed. */
  signing: z.optional(z.boolean()),
});
export type ClientSettings = z.output<typeof clientSettings>;

/** Settings needed to authenticate a request. They are stored with every key, so that one read suffices. */
export const authSettings = z.pick(clientSettings, {
  uploadsPerMinute: true,
  readsPerMinute: true,
  allow: true,
  signing: true,
});
export type AuthSettings = z.output<typeof authSettings>;

/** The clients' settings. Only an operator writes them: no function may. */
export function createClientSettings(
  table: Table,
  TableName: string,
  now: () => number = Date.now,
) {
  const cached = new Map<
    string,
    { settings: Promise<ClientSettings | undefined>; readAt: number }
  >();

  async function load(clientId: string): Promise<ClientSettings | undefined> {
    const Key = { pk: `client#${clientId}` };
    const { Item } = await table.get({ TableName, Key });
    return Item && clientSettings.parse(Item);
  }

  /** Undefined for a client that nobody has made; at most CLIENT_SETTINGS_TTL_MS old. */
  async function find(clientId: string): Promise<ClientSettings | undefined> {
    const known = cached.get(clientId);
    if (known && now() - known.readAt < CLIENT_SETTINGS_TTL_MS) return known.settings;
    if (cached.size >= MAX_CACHED_CLIENTS) cached.clear();
    const settings = load(clientId);
    cached.set(clientId, { settings, readAt: now() });
    settings.catch(() => cached.delete(clientId)); // a failed read is no answer to the next one
    return settings;
  }

  return {
    find,
    /** As `find`; nothing was decided for a client that nobody has made. */
    async read(clientId: string): Promise<ClientSettings> {
      return (await find(clientId)) ?? {};
    },
  };
}

export interface RetentionDeps {
  settings: Pick<ReturnType<typeof createClientSettings>, 'read'>;
  /** How long the stage keeps an analysis after its end, in days; 0 = until it is deleted. */
  recordDays: number;
}

export interface Retention {
  /** Absent: until it is deleted. */
  recordDays?: number | undefined;
  /** Days that the file is kept; absent: as long as the bucket's lifecycle allows. */
  uploadDays?: number | undefined;
}

/** The client's own retention, else the stage's. */
export async function readRetention(deps: RetentionDeps, clientId: string): Promise<Retention> {
  const { retention = {} } = await deps.settings.read(clientId);
  const recordDays = retention.recordDays ?? (deps.recordDays || undefined);
  const bounds = [retention.uploadDays, recordDays].filter((days) => days !== undefined);
  // No file outlives its analysis: nobody could find it to delete it.
  return { recordDays, uploadDays: bounds.length > 0 ? Math.min(...bounds) : undefined };
}
