import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MAX_OUTPUT_BYTES = 64_000_000;

/** The npm that runs this script, or whichever the system has. Returns what it prints. */
export async function runNpm(cwd: string, args: string[]): Promise<string> {
  const own = process.env.npm_execpath;
  const [file, first] = own ? [process.execPath, [own]] : ['npm', []];
  const options = { cwd, maxBuffer: MAX_OUTPUT_BYTES };
  return (await promisify(execFile)(file, [...first, ...args], options)).stdout;
}
