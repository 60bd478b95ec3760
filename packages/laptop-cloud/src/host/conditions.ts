/** Whether a stage has what depends on this condition. Knows `!Equals` and `!Not`, of plain values, and says so of others. */
export function holds(conditions: Record<string, unknown>, name: string): boolean {
  return judge(conditions[name], name);
}

function judge(condition: unknown, name: string): boolean {
  const [[kind, values] = ['', undefined]] = Object.entries(condition ?? {});
  if (!Array.isArray(values) || !['Fn::Equals', 'Fn::Not'].includes(kind)) {
    throw new Error(`Conditions.${name}: the laptop's host knows !Equals and !Not only`);
  }
  if (kind === 'Fn::Not') return !judge(values[0], name);
  const [left, right] = values.map((value) => JSON.stringify(value));
  return left === right;
}
