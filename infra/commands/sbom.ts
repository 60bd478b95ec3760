import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildZips } from '../bundle/build-zips.ts';
import { buildPage } from '../page/build-page.ts';
import { writeSbom } from '../sbom/write-sbom.ts';
import { ROOT } from '../stage/framework.ts';
import { runCommand } from '../stage/options.ts';

// `npm run sbom`: what the zips and the page hold, as CycloneDX, into .build/sbom.cdx.json.

await runCommand(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-sbom-'));
  try {
    const zips = await buildZips(ROOT);
    const page = { name: 'page', notices: await buildPage(ROOT, join(folder, 'web')) };
    const file = join(ROOT, '.build', 'sbom.cdx.json');
    writeFileSync(file, await writeSbom(ROOT, [...zips, page]));
    console.log(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
