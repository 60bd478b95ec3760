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
    const collector = createCollector(resolve);
    const attempt = (work: () => void): void => {
      try {
        if (!collector.done()) work();
      } catch (error) {
        reject(error);
      }
    };
    parser.on('field', (name, value, { valueTruncated }) => {
      attempt(() => collector.addField(name, value, valueTruncated));
    });
    parser.on('file', (name, file, { filename }) => {
      file.on('error', () => undefined); // it may come before the first read, which then throws it
      if (collector.done()) file.resume();
      attempt(() => collector.addFile(name, file, filename ?? ''));
    });
    parser.on('close', () => reject(s3Error('IncorrectNumberOfFilesInPostRequest')));
    parser.on('error', () => reject(s3Error('MalformedPOSTRequest')));
    feed(request, parser);
  });
}

interface Collector {
  done(): boolean;
  /** Throws MaxPostPreDataLengthExceeded, InvalidArgument. */
  addField(name: string, value: string, truncated: boolean): void;
  addFile(name: string, file: Readable, filename: string): void;
}

function createCollector(give: (form: PostForm) => void): Collector {
  const fields = new Map<string, string>();
  let size = 0;
  let done = false;
  const addFile: Collector['addFile'] = (name, file, filename) => {
    if (name.toLowerCase() !== 'file') throw s3Error('IncorrectNumberOfFilesInPostRequest');
    done = true;
    give({ fields, filename, file: readFile(file) });
  };
  const addField: Collector['addField'] = (name, value, truncated) => {
    if (name.toLowerCase() === 'file' && !truncated) {
      addFile(name, Readable.from([Buffer.from(value)]), '');
      return;
    }
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (truncated || size > MAX_FIELDS_BYTES) {
      const details = { MaxPostPreDataLengthBytes: MAX_FIELDS_BYTES };
      throw s3Error('MaxPostPreDataLengthExceeded', details);
    }
    if (fields.has(name.toLowerCase())) {
      // One of the two might be checked and the other used.
      throw s3Error('InvalidArgument', { ArgumentName: name }, `Duplicate field ${name}`);
    }
    fields.set(name.toLowerCase(), value);
  };
  return { done: () => done, addField, addFile };
}

/** A form that ends within its file is the sender's fault. */
async function* readFile(file: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of file) if (Buffer.isBuffer(bytes)) yield bytes;
  } catch (cause) {
    throw Object.assign(s3Error('MalformedPOSTRequest'), { cause });
  }
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
