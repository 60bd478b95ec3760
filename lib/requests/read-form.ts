import { unescape as decodePercent } from 'node:querystring';
import { MIMEType } from 'node:util';
import { Dicer } from '@fastify/busboy';
import { ServiceError } from '../errors.ts';

/**
 * What RFC 2046 allows, 5.1.1. Node searches bytes for a text in linear time up to 250 characters; for a
 * longer one, which the sender chooses, each byte may cost as many steps as it has characters.
 */
const BOUNDARY = /^[ -~]{1,70}$/;

/** Each part costs time and memory, however few bytes of the body it takes. */
export const MAX_FORM_PARTS = 1_000;

/** What stands between the parts of a multipart form; undefined where the header names none that can be used. */
export function readBoundary(contentType = ''): string | undefined {
  const boundary = parseMediaType(contentType)?.params.get('boundary') ?? '';
  return BOUNDARY.test(boundary) ? boundary : undefined;
}

function parseMediaType(contentType: string): MIMEType | undefined {
  try {
    const type = new MIMEType(contentType);
    return type.essence === 'multipart/form-data' ? type : undefined;
  } catch {
    return undefined; // it is no media type
  }
}

/** A part as it was sent: a file where it has a name of one, be it empty, else a field. */
export interface FormPart {
  name: string;
  filename: string | undefined;
  /** Without its parameters, in lower case. */
  contentType: string;
  bytes: Buffer;
}

/**
 * The parts of a multipart form, in their order and with their bytes as they were sent.
 * @throws ServiceError `request_invalid`
 */
export async function readForm(body: Buffer, boundary: string): Promise<FormPart[]> {
  const count = countParts(body, boundary);
  const parts = await parse(body, boundary).catch((cause: unknown) => {
    throw new ServiceError('request_invalid', UNREADABLE, { cause });
  });
  if (parts.length !== count) throw new ServiceError('request_invalid', UNREADABLE);
  return parts;
}

const UNREADABLE =
  'A part of the form cannot be read: it has to begin with `Content-Disposition: form-data; name="…"`.';

const LINE_END = '\r\n';

/**
 * How many parts a form has. The parser drops without a word what stands behind a boundary and cannot be
 * read, which might be the rest of a file, so the parts that it finds are compared with this number.
 */
function countParts(body: Buffer, boundary: string): number {
  const text = Buffer.concat([Buffer.from(LINE_END), body]); // the first boundary, too, begins a line
  const delimiter = Buffer.from(`${LINE_END}--${boundary}`);
  let at = text.indexOf(delimiter);
  if (at < 0) throw refuse('holds no boundary such as its Content-Type names');
  for (let count = 0; at >= 0; count += 1) {
    const behind = at + delimiter.length;
    const next = text.toString('latin1', behind, behind + 2);
    if (next === '--') return count;
    if (next !== LINE_END) throw refuse('holds its boundary within a part');
    if (count === MAX_FORM_PARTS) throw refuse(`has more than ${MAX_FORM_PARTS} parts`);
    at = text.indexOf(delimiter, behind);
  }
  throw refuse('ends before its last boundary: it was cut off');
}

function refuse(fault: string): ServiceError {
  return new ServiceError('request_invalid', `The form ${fault}.`);
}

/** By the part of busboy that splits forms: busboy itself shows no `filename*` beside a `filename`. */
function parse(body: Buffer, boundary: string): Promise<FormPart[]> {
  const parser = new Dicer({ boundary });
  const parts: FormPart[] = [];
  return new Promise((resolve, reject) => {
    parser.on('part', (stream) => {
      const chunks: Buffer[] = [];
      stream.on('header', (head: Head) => {
        const said = readHead(head);
        if (!said) return;
        const part: FormPart = { ...said, bytes: Buffer.alloc(0) };
        parts.push(part);
        stream.on('end', () => {
          part.bytes = decode(Buffer.concat(chunks), head);
        });
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
    });
    parser.on('error', reject);
    parser.on('finish', () => resolve(parts));
    parser.end(body);
  });
}

/** Nobody should send base64 (RFC 7578, 4.7), but curl can. */
function decode(bytes: Buffer, head: Head): Buffer {
  const encoding = head['content-transfer-encoding']?.[0]?.trim().toLowerCase();
  return encoding === 'base64' ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
}

/** By their names in lower case; of each byte a character. */
type Head = Record<string, string[] | undefined>;

/** What is said of a part; undefined where that is none of a form. */
function readHead(head: Head): Omit<FormPart, 'bytes'> | undefined {
  const said = readDisposition(head['content-disposition']?.[0] ?? '');
  const name = said?.get('name');
  if (said === undefined || name === undefined) return undefined;
  const [plain, extended] = [said.get('filename'), said.get('filename*')];
  const [type = ''] = (head['content-type']?.[0] ?? 'text/plain').split(';');
  return {
    name: unescapeName(name),
    filename: extended === undefined ? plain && unescapeName(plain) : decodeExtended(extended),
    contentType: type.trim().toLowerCase(),
  };
}

const FORM_DATA = /^\s*form-data\s*/i;
const PARAMETER = /;\s*([\w-]+\*?)\s*=\s*(?:"((?:\\.|[^"\\])*\\?)"|([^\s";]+))\s*/y;

function readDisposition(disposition: string): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  let at = FORM_DATA.exec(disposition)?.[0].length;
  while (at !== undefined && at < disposition.length) {
    PARAMETER.lastIndex = at;
    const [all, name, quoted, bare = ''] = PARAMETER.exec(disposition) ?? [];
    if (all === undefined || name === undefined) return undefined;
    parameters.set(name.toLowerCase(), quoted ?? bare);
    at += all.length;
  }
  return at === undefined ? undefined : parameters;
}

/**
 * Browsers write `%22` for a quote and leave backslashes alone (WHATWG HTML, multipart/form-data); others
 * write `\"` and then `\\`, too (RFC 2616).
 */
function unescapeName(name: string): string {
  const plain = name.includes('\\"') ? name.replaceAll(/\\(["\\])/g, '$1') : name;
  const text = Buffer.from(plain, 'latin1').toString();
  return text.replaceAll(/%0a|%0d|%22/gi, decodeURIComponent);
}

/** `UTF-8''na%C3%AFve.jpg` (RFC 8187): no form should have it (RFC 7578), but .NET writes it beside the other. */
function decodeExtended(value: string): string {
  return decodePercent(value.replace(/^[^']*'[^']*'/, ''));
}
