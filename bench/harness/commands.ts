import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file of a command on the PATH; undefined where there is none. */
export function findCommand(name: string): string | undefined {
  return listCommands(name)[0];
}

/** The first Python on the PATH that has Flask and Pillow: Debian's own is often not the first. */
export function findFlaskPython(): string | undefined {
  return listCommands('python3').find((file) => {
    try {
      execFileSync(file, ['-c', 'import flask, PIL'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

function listCommands(name: string): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
