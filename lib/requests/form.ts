import * as z from 'zod/mini';
import { maxUsd } from '../analysis.ts';
import type { RouteEvent } from '../api/route-event.ts';
import { parseRequest } from '../api/validation.ts';
import { ServiceError } from '../errors.ts';
import { clip, keep, pages } from '../source.ts';
import { analyzerFields } from './choose-analyzer.ts';
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
 * The form of `POST /v1/analyze`.
 * @throws ServiceError `request_invalid`, `file_missing`, `file_too_large`
 */
export async function parseForm(event: FormEvent): Promise<AnalyzeForm> {
  const form = await readForm(event);
  const file = form.get('file');
  if (!(file instanceof File))
    throw new ServiceError('file_missing', 'The form needs a file in the field `file`.');
  if (file.size > MAX_FORM_FILE_BYTES) {
    const message = `A form may carry ${MAX_FORM_FILE_BYTES} bytes; ask for an upload instead.`;
    throw new ServiceError('file_too_large', message);
  }
  const given = parseRequest(formFields, {
    filename: file.name || undefined,
    contentType: file.type.split(';')[0],
    analyzer: textOf(form, 'analyzer'),
    options: jsonOf(form, 'options'),
    prompt: textOf(form, 'prompt'),
    callbackUrl: textOf(form, 'callbackUrl'),
    keep: textOf(form, 'keep')?.split(','),
    clip: jsonOf(form, 'clip'),
    pages: jsonOf(form, 'pages'),
    maxUsd: jsonOf(form, 'maxUsd'),
  });
  return { ...given, bytes: new Uint8Array(await file.arrayBuffer()) };
}

async function readForm({ headers, body, isBase64Encoded }: FormEvent): Promise<FormData> {
  const contentType = headers['content-type'] ?? '';
  const message = 'The body has to be a multipart form with the picture in the field `file`.';
  if (!/^multipart\/form-data\b/i.test(contentType) || typeof body !== 'string')
    throw new ServiceError('request_invalid', message);
  const sent = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const bytes = unescapeNames(sent, contentType);
  const response = new Response(bytes, { headers: { 'content-type': contentType } });
  return response.formData().catch((cause: unknown) => {
    throw new ServiceError('request_invalid', message, { cause });
  });
}

const PART_HEADS = /--([^\r\n]+)\r\ncontent-disposition:[^\r\n]*/gi;
const QUOTED_PAIRS = /\\(["\\])/g;

/**
 * Older clients write a quote within a name as `\"`, by RFC 2616; browsers write `%22`, and the parser of
 * fetch knows only that (WHATWG HTML, multipart/form-data).
 */
function unescapeNames(body: Buffer, contentType: string): Buffer {
  if (!body.includes('\\"')) return body;
  const text = body.toString('latin1').replace(PART_HEADS, (head, boundary) => {
    const pair = (_: string, character: string) => (character === '"' ? '%22' : character);
    return contentType.includes(boundary) ? head.replace(QUOTED_PAIRS, pair) : head;
  });
  return Buffer.from(text, 'latin1');
}

/** An empty field of a form is one that was left out. */
function textOf(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function jsonOf(form: FormData, name: string): unknown {
  const text = textOf(form, name);
  try {
    return text && JSON.parse(text);
  } catch {
    const fields = [{ path: name, message: 'has to be JSON' }];
    throw new ServiceError('request_invalid', `The form's field ${name} is no JSON.`, { fields });
  }
}
