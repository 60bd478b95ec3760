import { describeFailure } from '../aws-json.ts';
import { awsError } from '../service.ts';
import { queryCode } from './errors.ts';
import { MAX_ENTRIES_PER_BATCH, MAX_MESSAGE_BYTES } from './limits.ts';
import { measureMessage } from './outgoing-message.ts';

const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

interface Entry {
  Id: string;
  body?: string;
}

interface FailedEntry {
  Id: string;
  SenderFault: boolean;
  Code: string;
  Message: string;
}

/** Each entry succeeds or fails by itself; throws where the batch as a whole is refused. */
export function runBatch<One extends Entry>(entries: One[], run: (entry: One) => unknown) {
  checkBatch(entries);
  const Successful: { Id: string }[] = [];
  const Failed: FailedEntry[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...Object(run(entry)) });
    } catch (error) {
      const { code, message, status } = describeFailure(error);
      Failed.push({
        Id: entry.Id,
        SenderFault: status < 500,
        Code: queryCode(code),
        Message: message,
      });
    }
  }
  return {
    ...(Successful.length > 0 && { Successful }),
    ...(Failed.length > 0 && { Failed }),
  };
}

function checkBatch(entries: Entry[]): void {
  if (entries.length === 0) {
    throw awsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_ENTRIES_PER_BATCH) {
    throw awsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES_PER_BATCH}.`,
    );
  }
  for (const { Id } of entries) {
    if (ENTRY_ID.test(Id)) continue;
    throw awsError('InvalidBatchEntryId', `${Id} is not a valid id of a batch entry.`);
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw awsError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
  }
  let bytes = 0;
  for (const { body, ...rest } of entries) {
    if (body !== undefined) bytes += measureMessage({ body, ...rest });
  }
  if (bytes <= MAX_MESSAGE_BYTES) return;
  throw awsError(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes.`,
  );
}
