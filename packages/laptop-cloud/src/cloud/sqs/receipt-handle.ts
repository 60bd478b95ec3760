import { randomUUID } from 'node:crypto';
import { awsError } from '../service.ts';

const HANDLE = /^(?<queue>[A-Za-z0-9_-]{1,80})\/(?<sequence>\d{1,15})\/(?<receipt>[0-9a-f-]{36})$/;

export interface Receipt {
  sequence: number;
  receipt: string;
}

export function createReceipt(): string {
  return randomUUID();
}

export function formatReceiptHandle(queue: string, { sequence, receipt }: Receipt): string {
  return Buffer.from(`${queue}/${sequence}/${receipt}`).toString('base64url');
}

/** Throws `ReceiptHandleIsInvalid` for a handle that no receive from this queue can have given out. */
export function parseReceiptHandle(queue: string, handle: string): Receipt {
  const groups = HANDLE.exec(Buffer.from(handle, 'base64url').toString())?.groups;
  if (!groups?.receipt || groups.queue !== queue) {
    throw awsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
  }
  return { sequence: Number(groups.sequence), receipt: groups.receipt };
}
