import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** Files go after two days: https://ai.google.dev/gemini-api/docs/files. */
const FILE_LIFE_MS = 172_800_000;
/** What is received is kept in whole pieces of so many bytes; a client's pieces have to be multiples of it. */
const GRANULARITY_BYTES = 8_388_608;

interface FileStoreOptions {
  granularityBytes?: number;
  /** Epoch milliseconds. */
  now?: () => number;
}

const rowSchema = z.object({
  /** `files/ID`. */
  name: z.string(),
  displayName: z.string().optional(),
  uploadId: z.string(),
  mimeType: z.string(),
  bytes: z.number(),
  status: z.enum(['active', 'final', 'cancelled']),
  createdAt: z.number(),
  /** Until then it is PROCESSING: epoch milliseconds. */
  readyAt: z.number().optional(),
  isBroken: z.boolean().optional(),
  sha256: z.string().optional(),
});
export type FileRow = z.infer<typeof rowSchema>;

interface NewFile {
  name: string;
  displayName?: string | undefined;
  mimeType: string;
  bytes: number;
}

export type FileStore = ReturnType<typeof openFileStore>;

/** Files on disk, with what is known of each beside it: both outlive the process. */
export function openFileStore(folder: string, options: FileStoreOptions = {}) {
  const { granularityBytes = GRANULARITY_BYTES, now = Date.now } = options;
  const rows = new Map<string, FileRow>();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const row = rowSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    rows.set(row.name, row);
  }

  const pathOf = ({ name }: Pick<FileRow, 'name'>, kind: 'json' | 'bin') =>
    join(folder, `${name.slice('files/'.length)}.${kind}`);

  function save(row: FileRow): void {
    const path = pathOf(row, 'json');
    writeFileSync(`${path}.new`, JSON.stringify(row), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    rows.set(row.name, row);
  }

  function remove(row: FileRow): void {
    rows.delete(row.name);
    for (const kind of ['json', 'bin'] as const) rmSync(pathOf(row, kind), { force: true });
  }

  function sweep(): void {
    const isOld = ({ createdAt }: FileRow) => createdAt + FILE_LIFE_MS <= now();
    for (const row of [...rows.values()].filter(isOld)) remove(row);
  }

  const countReceived = (row: FileRow): number => {
    const path = pathOf(row, 'bin');
    return existsSync(path) ? statSync(path).size : 0;
  };

  /** Only whole pieces count: of the rest nobody was told. */
  function dropRest(row: FileRow): void {
    const whole = Math.floor(countReceived(row) / granularityBytes) * granularityBytes;
    truncateSync(pathOf(row, 'bin'), whole);
  }
  for (const row of rows.values()) if (row.status === 'active') dropRest(row);

  return {
    /** Undefined where there is a file of this name. */
    begin(file: NewFile): FileRow | undefined {
      sweep();
      if (rows.has(file.name)) return undefined;
      const uploadId = randomBytes(48).toString('base64url');
      const row: FileRow = { ...file, uploadId, status: 'active', createdAt: now() };
      writeFileSync(pathOf(row, 'bin'), '', { mode: 0o600 });
      save(row);
      return row;
    },

    granularityBytes,
    countReceived,
    save,
    remove,

    /** Adds to an upload what comes, up to what was announced; of a body that breaks off, whole pieces. */
    async append(row: FileRow, source: AsyncIterable<Buffer>): Promise<void> {
      const handle = await open(pathOf(row, 'bin'), 'a');
      try {
        await writeAll(handle, source, row.bytes - countReceived(row));
      } catch (error) {
        dropRest(row);
        throw error;
      } finally {
        await handle.close();
      }
    },

    /** Ends the upload of all its bytes. */
    async finish(row: FileRow, processingMs: number, isBroken: boolean): Promise<FileRow> {
      const hash = createHash('sha256');
      for await (const bytes of createReadStream(pathOf(row, 'bin'))) hash.update(bytes);
      const readyAt = now() + processingMs;
      const whole = { ...row, status: 'final', readyAt, isBroken, sha256: hash.digest('hex') };
      save({ ...whole, status: 'final' });
      return { ...whole, status: 'final' };
    },

    findUpload: (uploadId: string) => [...rows.values()].find((row) => row.uploadId === uploadId),

    /** One that is whole. */
    find(name: string): FileRow | undefined {
      sweep();
      const row = rows.get(name);
      return row?.status === 'final' ? row : undefined;
    },

    list(): FileRow[] {
      sweep();
      return [...rows.values()].filter(({ status }) => status === 'final');
    },

    stateOf: ({ readyAt = 0, isBroken }: FileRow) => {
      if (readyAt > now()) return 'PROCESSING';
      return isBroken ? 'FAILED' : 'ACTIVE';
    },

    expiresAt: ({ createdAt }: FileRow) => createdAt + FILE_LIFE_MS,

    pathOf: (row: FileRow) => pathOf(row, 'bin'),
  };
}

/** Throws RangeError where more comes than was announced. */
async function writeAll(handle: FileHandle, source: AsyncIterable<Buffer>, mostBytes: number) {
  let left = mostBytes;
  for await (const bytes of source) {
    left -= bytes.length;
    if (left < 0) throw new RangeError('More bytes than were announced');
    await handle.writeFile(bytes);
  }
}
