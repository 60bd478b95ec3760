import { ERRORS, type ErrorPolicy } from '../../lib/errors.ts';

const HEAD = `# Error codes

Generated from \`lib/errors.ts\` by \`npm run docs:errors\`: change it there.

Every refusal is \`application/problem+json\` (RFC 9457) with \`code\`, and with \`retryAfter\` where a time is known. The same code stands in the \`error\` of an analysis that did not succeed. The list is closed: whoever handles these handles all.

- **Again?**: whether the very same request may succeed later. The service itself has tried again before an analysis ends with such a code.
- **Ends as**: \`rejected\` is the file's fault, \`failed\` ours or the model's. Codes of requests end no analysis but where they are named in [states.md](states.md).
- **Tells the operator**: logged as an error, which an alarm looks for.

| code | status | meaning | again? | ends as | tells the operator | what to do |
| --- | --- | --- | --- | --- | --- | --- |
`;

/** docs/errors.md. */
export function describeErrors(): string {
  const rows = Object.entries<ErrorPolicy>(ERRORS).map(([code, policy]) =>
    describeRow(code, policy),
  );
  return `${HEAD}${rows.join('\n')}\n`;
}

function describeRow(code: string, policy: ErrorPolicy): string {
  const { status, title, retryable, ends, alert, action } = policy;
  const cells = [`\`${code}\``, status, title, yesNo(retryable), ends, yesNo(alert), action];
  return `| ${cells.join(' | ')} |`;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
