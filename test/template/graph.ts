import { listOf } from './deployed.ts';
import type { Packaged } from './package-stage.ts';

/** The first cycle among the resources, as their logical ids in order; undefined where there is none. */
export function findCycle({ Resources }: Packaged): string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, path: string[]): string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    const { DependsOn, ...resource } = Resources[id] ?? {};
    const needed = [...listOf(DependsOn), ...listReferences(resource)];
    for (const next of needed.filter((name) => name in Resources)) {
      const cycle = visit(next, [...path, id]);
      if (cycle) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of Object.keys(Resources)) {
    const cycle = visit(id, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** The logical ids and pseudo parameters that a part of a template refers to. */
export function listReferences(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(listReferences);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt') return [String(listOf(inner)[0]).split('.')[0] ?? ''];
    if (key !== 'Fn::Sub') return listReferences(inner);
    const [text, names] = listOf(inner);
    const inText = [...String(text).matchAll(/\$\{(\w+)(?:\.\w+)?\}/g)].map(([, id = '']) => id);
    return [...inText, ...listReferences(names)];
  });
}
