import { join } from 'node:path';
import { readTemplate } from 'laptop-cloud/template';
import { ROOT } from '../harness/bundles.ts';

/** What the decoder's function is told of memory, as it is deployed. */
export function readDecoderEnvironment(): Record<string, string> {
  const place = { stage: 'dev', region: 'us-east-1' };
  const { functions } = readTemplate(join(ROOT, 'serverless.yml'), place);
  const environment = functions.find(({ name }) => name === 'process-upload')?.environment ?? {};
  const isOfMemory = (name: string) => name.startsWith('MALLOC_');
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => isOfMemory(name))
      .map(([name, value]) => [name, String(value)]),
  );
}
