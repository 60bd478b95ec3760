/** A signed address of an analysis' own pictures: `picture` to look at, `thumbnail` for lists. */
export function linkOf(analysis: unknown, name: 'picture' | 'thumbnail'): string | undefined {
  if (typeof analysis !== 'object' || analysis === null || !('links' in analysis)) return undefined;
  const { links } = analysis;
  if (typeof links !== 'object' || links === null) return undefined;
  const link: unknown = Reflect.get(links, name);
  return typeof link === 'string' ? link : undefined;
}
