import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** A secret from a person, who sees nothing of it, or from a pipe. Never from an argument: those are kept in histories. */
export async function readSecret(
  question: string,
  input: Readable & { isTTY?: boolean } = process.stdin,
): Promise<string> {
  const given = input.isTTY ? await ask(question, input) : await text(input);
  const secret = given.trim();
  // It goes into an HTTP header: a line break or a space in it is a slip of the clipboard.
  if (!/^[!-~]+$/.test(secret)) throw new Error('A key is printable ASCII without spaces');
  return secret;
}

async function ask(question: string, input: Readable): Promise<string> {
  process.stderr.write(question);
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: silence, terminal: true });
  reader.on('SIGINT', () => process.exit(130));
  const answer = await reader.question('');
  reader.close();
  process.stderr.write('\n');
  return answer;
}
