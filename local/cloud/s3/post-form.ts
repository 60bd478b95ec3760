import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import busboy from 'busboy';
import { s3Error } from './s3-error.ts';

/** S3's bound for all that comes before the file. */
const MAX_FIELDS_BYTES = 20_480;
/** A file sent as a plain text field is held in memory, so this much and no more. */
const MAX_TEXT_FILE_BYTES = 1_048_576;
const MAX_FIELDS = 100;

/** The fields before the file, by name in lower case, and the file, still to be read. */
export interface PostForm {
  fields: Map<string, string>;
  filename: string;
  file: AsyncIterable<Buffer>;
}

/** Reads a form up to its file; what comes after that is ignored, as S3 does. */
export function readPostForm(request: IncomingMessage): Promise<PostForm> {
  return new Promise((resolve, reject) => {
    const parser = createParser(request);
    const fields = new Map<string, string>();
    let size = 0;
    let found = false;
    const give = (file: Readable, filename: string): void => {
      found = true;
      file.on('error', () => undefined); // it may come before the first read, which then throws it
      resolve({ fields, filename, file: readFile(file) });
    };
    parser.on('field', (name, value, { valueTruncated }) => {
      if (found) return;
      if (name.toLowerCase() === 'file' && !valueTruncated) {
        give(Readable.from([Buffer.from(value)]), '');
        return;
      }
      size += Buffer.byteLength(name) + Buffer.byteLength(value);
      if (valueTruncated || size > MAX_FIELDS_BYTES) {
        const details = { MaxPostPreDataLengthBytes: MAX_FIELDS_BYTES };
        reject(s3Error('MaxPostPreDataLengthExceeded', details));
      } else if (!addField(fields, name.toLowerCase(), value)) {
        // One of two might be checked and the other used.
        reject(s3Error('InvalidArgument', { ArgumentName: name }, `Duplicate field ${name}`));
      }
    });
    parser.on('file', (name, file, { filename }) => {
      if (!found && name.toLowerCase() === 'file') {
        give(file, filename ?? '');
        return;
      }
      file.on('error', () => undefined).resume();
      if (!found) reject(s3Error('IncorrectNumberOfFilesInPostRequest'));
    });
    parser.on('close', () => reject(s3Error('IncorrectNumberOfFilesInPostRequest')));
    parser.on('error', () => reject(s3Error('MalformedPOSTRequest')));
    feed(request, parser);
  });
}

/** A form that ends within its file is the sender's fault. */
async function* readFile(file: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of file) if (Buffer.isBuffer(bytes)) yield bytes;
  } catch (cause) {
    throw Object.assign(s3Error('MalformedPOSTRequest'), { cause });
  }
}

function addField(fields: Map<string, string>, name: string, value: string): boolean {
  if (fields.has(name)) return false;
  fields.set(name, value);
  return true;
}

function createParser(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { fields: MAX_FIELDS, fieldSize: MAX_TEXT_FILE_BYTES, fieldNameSize: 1_024 },
    });
  } catch {
    throw s3Error('MalformedPOSTRequest'); // no boundary, for one
  }
}

/** No pipeline(): it would destroy the request on an error, and the client never see the answer. */
function feed(request: IncomingMessage, parser: busboy.Busboy): void {
  request.pipe(parser);
  request.once('close', () => {
    if (!request.complete) parser.destroy();
  });
}
