/** What keeps a disk from taking what is written to it, by the system's own name. */
const TROUBLES = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'this user may not read or write it',
  EPERM: 'this user may not change it',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the disk cannot be read or written (input/output error)',
} as const;
export type DiskTrouble = keyof typeof TROUBLES;

/** LevelDB tells the system's words alone: strerror(3). */
const SYSTEM_WORDS: readonly [RegExp, DiskTrouble][] = [
  [/No space left on device/, 'ENOSPC'],
  [/Dis[kc] quota exceeded/, 'EDQUOT'],
  [/Read-only file system/, 'EROFS'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/Too many open files in system/, 'ENFILE'],
  [/Too many open files/, 'EMFILE'],
  [/Input\/output error/, 'EIO'],
];

/** https://www.sqlite.org/rescode.html: the one result code that stands for one of them. */
const SQLITE_FULL = 13;

/** Which of them an error of Node, SQLite or LevelDB is, or one that caused it; undefined for all others. */
export function findDiskTrouble(error: unknown): DiskTrouble | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (Object.hasOwn(TROUBLES, code)) return code as DiskTrouble; // checked: one of the names
  if (code === 'ERR_SQLITE_ERROR' && 'errcode' in error && error.errcode === SQLITE_FULL)
    return 'ENOSPC';
  const told =
    code.startsWith('LEVEL_') && SYSTEM_WORDS.find(([words]) => words.test(error.message));
  return told ? told[1] : findDiskTrouble(error.cause);
}

export function describeDiskTrouble(trouble: DiskTrouble): string {
  return TROUBLES[trouble];
}

/** The same trouble is told once in so many milliseconds: while it lasts, every write meets it. */
const TOLD_EVERY_MS = 60_000;
const toldAt = new Map<DiskTrouble, number>();

/** For the log: what is wrong with the disk in a line, and our own defects as they are. */
export function reportFailure(what: string, error: unknown): void {
  const trouble = findDiskTrouble(error);
  const now = Date.now();
  if (!trouble) {
    console.error(what, error);
    return;
  }
  if (now - (toldAt.get(trouble) ?? 0) < TOLD_EVERY_MS) return;
  toldAt.set(trouble, now);
  console.error(
    `Nothing can be stored: ${describeDiskTrouble(trouble)}. Calls fail until that is over.`,
  );
}
