/** A reason not to start that the user can do something about: shown as it is, without a stack. */
export function createRefusal(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name: 'StartRefusal' });
}

/** A failure to listen on a port, in words that say what to do; other errors stay as they are. */
export function explainPort(
  error: unknown,
  { port: apiPort, awsPort }: { port: number; awsPort: number },
): unknown {
  if (!(error instanceof Error && 'port' in error)) return error;
  const port = Number(error.port);
  const name = port === awsPort && port !== apiPort ? 'AWS_PORT' : 'PORT';
  const code = readErrorCode(error);
  const another = `${name}=${port + 1} npm start`;
  if (code === 'EADDRINUSE') {
    return createRefusal(
      `Port ${port} is taken. Stop what uses it, or choose another one: ${another}`,
      error,
    );
  }
  if (code === 'EACCES') {
    return createRefusal(`Port ${port} needs more rights. Choose a higher one: ${another}`, error);
  }
  return error;
}

const BROKEN_FOLDER =
  /^(ERR_SQLITE_ERROR|LEVEL_|EEXIST|ENOTDIR|EISDIR|ERR_FS_EISDIR|EACCES|EPERM|EROFS|ENOSPC)/;

/** What the stores of a data folder throw where their files are not theirs any more. */
export function explainFolder(error: unknown, dataDir: string): unknown {
  if (!BROKEN_FOLDER.test(readErrorCode(error) ?? '')) return error;
  const reason = error instanceof Error ? error.message : error;
  return createRefusal(
    `The data folder ${dataDir} is damaged: ${reason}\nMove it away (a new one is made at the next start), or choose another one: SIGHTLINE_DATA=/some/folder npm start`,
    error,
  );
}

/** Node's code of a failed system call (`EADDRINUSE`), if it is one. */
function readErrorCode(error: unknown): string | undefined {
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return known ? String(error.code) : undefined;
}
