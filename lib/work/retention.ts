import type { createClientSettings } from '../auth/client-settings.ts';

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
