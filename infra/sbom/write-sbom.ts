import { z } from 'zod';
import type { Notice } from '../notices/write-notices.ts';
import { runNpm } from '../run-npm.ts';

const property = z.object({ name: z.string(), value: z.string() });
const component = z.looseObject({
  'bom-ref': z.string(),
  scope: z.string().optional(),
  properties: z.array(property).default([]),
});
const sbom = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string() }) }),
  components: z.array(component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

/** A part that is shipped: a zip, or the page. */
interface Part {
  name: string;
  notices: Notice[];
}

/**
 * What ships, as CycloneDX: npm's own list of the lock file, cut to the packages that the parts hold.
 * `npm sbom --omit dev` would not do: it leaves out what a development dependency needs, too (the client
 * of S3), and what the page is built from.
 */
export async function writeSbom(root: string, parts: Part[]): Promise<string> {
  // Said aloud, for a page's build sets NODE_ENV, by which npm decides.
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--include=dev'];
  const all = sbom.parse(JSON.parse(await runNpm(root, args)));
  const shipped = listShipped(parts);
  const own = all.metadata.component['bom-ref'];
  all.metadata.component.name = 'sightline'; // npm names the folder
  const components = all.components.flatMap((each) => {
    const names = shipped.get(each['bom-ref']);
    const shippedIn = { name: 'sightline:shippedIn', value: names?.join(', ') ?? '' };
    return names ? [{ ...each, scope: 'required', properties: [shippedIn] }] : [];
  });
  const listed = new Set(components.map((each) => each['bom-ref']));
  const missing = [...shipped.keys()].filter((ref) => !listed.has(ref));
  if (missing.length > 0) throw new Error(`npm's list lacks ${missing.join(', ')}`);
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === own || shipped.has(ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => shipped.has(ref)) }));
  return `${JSON.stringify({ ...all, components, dependencies }, null, 2)}\n`;
}

/** By package the parts that hold it. */
function listShipped(parts: Part[]): Map<string, string[]> {
  const shipped = new Map<string, Set<string>>();
  for (const part of parts)
    for (const { name, version } of part.notices) {
      const ref = `${name}@${version}`;
      shipped.set(ref, (shipped.get(ref) ?? new Set()).add(part.name));
    }
  return new Map([...shipped].map(([ref, names]) => [ref, [...names]]));
}
