import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { reportFailure } from '../cloud/disk-trouble.ts';

const MAX_LOG_BYTES = 10_000_000; // then the file becomes .1, in place of an earlier one

export interface Logs {
  /** One line that a function wrote. */
  line(functionName: string, line: string, stream: 'stdout' | 'stderr'): void;
  /** A line of the host about a function. */
  note(
    functionName: string,
    level: 'INFO' | 'WARN' | 'ERROR',
    message: string,
    requestId?: string,
  ): void;
  /** Lambda's REPORT line; goes to the file only. */
  report(values: Record<string, unknown>): void;
  close(): void;
}

interface LogsOptions {
  /** Receives every line as the function wrote it. */
  file: string;
  /** Receives readable one-liners. */
  print: (line: string) => void;
}

/** The logs of all functions: raw in the file, readable on the terminal. */
export function openLogs({ file, print }: LogsOptions): Logs {
  const append = openLogFile(file);
  return {
    line(functionName, line, stream) {
      append.write(line);
      const readable = formatLine(functionName, line, stream);
      if (readable) print(readable);
    },
    note(functionName, level, message, requestId) {
      const timestamp = new Date().toISOString();
      append.write(
        JSON.stringify({ timestamp, level, function: functionName, message, requestId }),
      );
      print(format(timestamp, functionName, level, message, requestId ? { requestId } : {}));
    },
    report: (values) => append.write(JSON.stringify({ type: 'platform.report', ...values })),
    close: append.close,
  };
}

/**
 * Writes each line at once, so that the lines before a crash survive it. A line that cannot be written is left
 * out, so that the work that it is about goes on; the file says later how many there were.
 */
function openLogFile(path: string) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  let leftOut = 0;

  function write(text: string): void {
    if (size > MAX_LOG_BYTES) {
      renameSync(path, `${path}.1`);
      const next = openSync(path, 'a', 0o600);
      closeSync(file);
      file = next;
      size = 0;
    }
    size += writeWhole(file, text);
  }

  return {
    write(line: string) {
      try {
        // The line break before: a line may have been begun when there was no room for the rest.
        if (leftOut > 0) write(`\n${describeLeftOut(leftOut)}\n`);
        leftOut = 0;
        write(`${line}\n`);
      } catch (error) {
        leftOut += 1;
        reportFailure('a line of the log could not be written', error);
      }
    },
    close: () => closeSync(file),
  };
}

function describeLeftOut(lines: number): string {
  const message = `${lines} lines could not be written`;
  return JSON.stringify({ timestamp: new Date().toISOString(), level: 'WARN', message });
}

/** A disk that is nearly full takes a part. */
function writeWhole(file: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  return bytes.length;
}

const entrySchema = z.looseObject({
  timestamp: z.string().optional(),
  level: z.string(),
  message: z.string(),
});
// Shown by the line anyway, or useless on one machine.
const LEFT_OUT = /^(timestamp|level|message|service|cold_start|function_request_id)$/;

function formatLine(functionName: string, line: string, stream: string): string | undefined {
  const now = new Date().toISOString();
  const parsed = parseJson(line);
  if (isMetric(parsed)) return undefined;
  const entry = entrySchema.safeParse(parsed);
  if (!entry.success)
    return format(now, functionName, stream === 'stderr' ? 'ERROR' : 'INFO', line, {});
  const { timestamp = now, level, message, ...rest } = entry.data;
  return format(timestamp, functionName, level, message, rest);
}

function isMetric(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_aws' in value;
}

function format(
  timestamp: string,
  functionName: string,
  level: string,
  message: string,
  fields: Record<string, unknown>,
): string {
  const shown = Object.entries(fields)
    .filter(([name, value]) => !LEFT_OUT.test(name) && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const time = new Date(timestamp).toTimeString().slice(0, 8);
  return [time, functionName.padEnd(15), level.padEnd(5), message, ...shown].join(' ');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
