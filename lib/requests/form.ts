import * as z from 'zod/mini';
import { FIELDS, FORM_FIELDS, formShape } from '../analysis/fields.ts';
import type { RouteEvent } from '../api/http.ts';
import { parseRequest } from '../api/validation.ts';
import { ServiceError } from '../errors.ts';
import { analyzerFields } from './choose-analyzer.ts';
import { type FormPart, readBoundary, readForm } from './read-form.ts';
import { filename, mediaType } from './upload.ts';

/** The largest file that a form may carry, in bytes: as base64 and with its form it fits into Lambda's 6 MB. */
export const MAX_FORM_FILE_BYTES = 4 * 1024 * 1024;

/** What a form may say, `file` apart. */
export const formFields = z.object({
  filename: z._default(filename, 'file'),
  contentType: z.catch(mediaType, 'application/octet-stream'), // what it is, its bytes tell
  ...analyzerFields,
  ...formShape,
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
    ...Object.fromEntries(
      FORM_FIELDS.map((name) => [name, READERS[FIELDS[name].form](parts, name)]),
    ),
  });
  return { ...given, bytes };
}

/** An empty field of a form is one that was left out. */
function textOf(parts: FormPart[], wanted: string): string | undefined {
  const field = parts.find(({ name }) => name === wanted);
  const isText = field !== undefined && field.filename === undefined && field.bytes.length > 0;
  return isText ? new TextDecoder().decode(field.bytes) : undefined;
}

const READERS = {
  text: textOf,
  list: (parts: FormPart[], name: string) => textOf(parts, name)?.split(','),
  json: jsonOf,
};

function jsonOf(parts: FormPart[], name: string): unknown {
  const text = textOf(parts, name);
  try {
    return text && JSON.parse(text);
  } catch {
    const fields = [{ path: name, message: 'has to be JSON' }];
    throw new ServiceError('request_invalid', `The form's field ${name} is no JSON.`, { fields });
  }
}
