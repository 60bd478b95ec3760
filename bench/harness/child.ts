import { fork } from 'node:child_process';
import { once } from 'node:events';
import type * as z from 'zod';

/** A process that is asked one thing at a time. */
export interface Child {
  /** What it says first, or next after a question. */
  hear<Answer>(schema: z.ZodType<Answer>): Promise<Answer>;
  ask<Answer>(question: object, schema: z.ZodType<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts a module in a process of its own; it ends with its channel. */
export function startChild(module: string, env: Record<string, string> = {}): Child {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = fork(module, { env, execArgv: [], stdio: [...stdio] });
  const exited = once(child, 'exit');
  const hear = async <Answer>(schema: z.ZodType<Answer>): Promise<Answer> => {
    const gone = exited.then(([code]) => {
      throw new Error(`${module} has ended (${code})`);
    });
    const [message] = await Promise.race([once(child, 'message'), gone]);
    return schema.parse(message);
  };
  return {
    hear,
    ask(question, schema) {
      const answer = hear(schema);
      child.send(question);
      return answer;
    },
    async close() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
