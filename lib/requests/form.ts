import * as z from 'zod/mini';
import { maxUsd } from '../analysis/record.ts';
import { clip, keep, pages } from '../analysis/source.ts';
import type { RouteEvent } from '../api/http.ts';
import { parseRequest } from '../api/validation.ts';
import { ServiceError } from '../errors.ts';
import { analyzerFields } from './choose-analyzer.ts';
import { type FormPart, readBoundary, readForm } from './read-form.ts';
import { callbackUrl, filename, mediaType, prompt } from './upload.ts';

/** The largest file that a form may carry, in bytes: as base64 and with its form it fits into Lambda's 6 MB. */
export const MAX_FORM_FILE_BYTES = 4 * 1024 * 1024;

/** What a form may say, `file` apart. */
export const formFields = z.object({
  filename: z._default(filename, 'file'),
  contentType: z.catch(mediaType, 'application/octet-stream'), // what it is, its bytes tell
  ...analyzerFields,
  prompt: z.optional(prompt),
  callbackUrl: z.optional(callbackUrl),
  keep: z.optional(keep),
  clip: z.optional(clip),
  pages: z.optional(pages),
  maxUsd: z.optional(maxUsd),
});

type FormEvent = Pick<RouteEvent, 'headers' | 'body' | 'isBase64Encoded'>;

export interface AnalyzeForm extends z.output<typeof formFields> {
  bytes: Uint8Array;
}

/**
 * The form of `POST /v1/analyze`. Of parts with the same name the first one counts.
 * @throws ServiceError `request_invalid`, `file_missing`, `file_too_large`
 */
export async function parseForm({
  headers,
  body,
  isBase64Encoded,
}: FormEvent): Promise<AnalyzeForm> {
  const boundary = readBoundary(headers['content-type']);
  if (boundary === undefined || typeof body !== 'string') {
    const message =
      'The body has to be a multipart form with the picture in the field `file`, and Content-Type has to ' +
      'name its boundary: `multipart/form-data; boundary=…`, at most 70 characters.';
    throw new ServiceError('request_invalid', message);
  }
  const parts = await readForm(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'), boundary);
  const file = parts.find(({ name }) => name === 'file');
  if (file?.filename === undefined)
    throw new ServiceError('file_missing', 'The form needs a file in the field `file`.');
  if (file.bytes.length > MAX_FORM_FILE_BYTES) {
    const message = `A form may carry ${MAX_FORM_FILE_BYTES} bytes; ask for an upload instead.`;
    throw new ServiceError('file_too_large', message);
  }
  const { filename, contentType, bytes } = file;
  const given = parseRequest(formFields, {
    filename: filename || undefined,
    contentType,
    analyzer: textOf(parts, 'analyzer'),
    options: jsonOf(parts, 'options'),
    prompt: textOf(parts, 'prompt'),
    callbackUrl: textOf(parts, 'callbackUrl'),
    keep: textOf(parts, 'keep')?.split(','),
    clip: jsonOf(parts, 'clip'),
    pages: jsonOf(parts, 'pages'),
    maxUsd: jsonOf(parts, 'maxUsd'),
  });
  return { ...given, bytes };
}

/** An empty field of a form is one that was left out. */
function textOf(parts: FormPart[], wanted: string): string | undefined {
  const field = parts.find(({ name }) => name === wanted);
  const isText = field !== undefined && field.filename === undefined && field.bytes.length > 0;
  return isText ? new TextDecoder().decode(field.bytes) : undefined;
}

function jsonOf(parts: FormPart[], name: string): unknown {
  const text = textOf(parts, name);
  try {
    return text && JSON.parse(text);
  } catch {
    const fields = [{ path: name, message: 'has to be JSON' }];
    throw new ServiceError('request_invalid', `The form's field ${name} is no JSON.`, { fields });
  }
}
