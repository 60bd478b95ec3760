import { ServiceError } from '../../errors.ts';

export function cutOff(cause?: unknown): ServiceError {
  return new ServiceError('file_malformed', 'The file ends before its content does.', { cause });
}

export function malformed(message: string, cause?: unknown): ServiceError {
  return new ServiceError('file_malformed', message, { cause });
}
