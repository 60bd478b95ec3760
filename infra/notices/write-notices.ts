import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What is said of a package that is shipped in a bundle or a zip. */
export interface Notice {
  name: string;
  version: string;
  license: string;
  /** Where its source code is. */
  source: string;
  texts: string[];
}

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  repository: z.union([z.string(), z.object({ url: z.string() })]).optional(),
  homepage: z.string().optional(),
  author: z.union([z.string(), z.object({ name: z.string() })]).optional(),
});
type Manifest = z.infer<typeof manifest>;

const LICENCE_FILE = /(^|\/)(licen[cs]e|copying|notice|third.?party)[^/]*$/i;
/** libvips' build lists in its README what it holds, and has no other file that does. */
const README_OF = /^@img\/sharp-libvips/;
const PACKAGE_FOLDER = /^.*(?:^|[\\/])node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

/** The folders of the packages among a bundle's source files, each once. */
export function listPackages(files: string[]): string[] {
  return [...new Set(files.flatMap((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? []))].sort();
}

/** A package by its folder. */
export function readNotice(folder: string): Notice {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return describePackage(
    new Map(names.map(({ name }) => [name, () => readFileSync(join(folder, name))])),
  );
}

/** The packages whose files these are, by their paths: `node_modules/NAME/…`. */
export function readNotices(files: Map<string, Uint8Array>): Notice[] {
  return listPackages([...files.keys()]).map((folder) => {
    const own = [...files].filter(([path]) => path.startsWith(`${folder}/`));
    return describePackage(
      new Map(own.map(([path, bytes]) => [path.slice(folder.length + 1), () => bytes])),
    );
  });
}

function describePackage(files: Map<string, () => Uint8Array>): Notice {
  const read = (name: string) => Buffer.from(files.get(name)?.() ?? '{}').toString();
  const own = manifest.parse(JSON.parse(read('package.json')));
  const { name, version, license, repository = own.homepage ?? '' } = own;
  const url = typeof repository === 'string' ? repository : repository.url;
  const isText = (file: string) =>
    LICENCE_FILE.test(file) || (file === 'README.md' && README_OF.test(name));
  const found = [...files.keys()].filter(isText).sort().map(read).map(tidy);
  const texts = found.length > 0 ? found : [standardText(own)];
  const source = url.replace(/^git\+/, '').replace(/\.git$/, '');
  return { name, version, license, source, texts };
}

/** Of a package that names its licence and brings no text of it. */
function standardText({ name, license, author = name }: Manifest): string {
  if (license !== 'MIT') throw new Error(`${name} brings no text of its licence, ${license}`);
  return `Copyright (c) ${typeof author === 'string' ? author : author.name}\n\n${MIT}`;
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

function tidy(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}

const HEAD = `Third-party notices

Sightline itself is under the MIT licence. This part of it holds the packages named below, each under its own
licence; packages with the same texts stand together above them. What is under the LGPL lies beside our code
as a library of its own and can be replaced by another build of it. Its source code, like that of packages
under the MPL, is at the address given.
`;
const LINE = '-'.repeat(80);

/** The same packages give the same text. */
export function writeNotices(notices: Notice[]): string {
  const groups = Map.groupBy(distinct(notices), ({ texts }) => texts.join('\n\n'));
  const parts = [...groups].map(([text, alike]) => {
    const names = alike.map(({ name, version, license, source }) =>
      [`${name} ${version}`, license, source].join('  '),
    );
    return [LINE, ...names, '', text, ''].join('\n');
  });
  return [HEAD, ...parts].join('\n');
}

function distinct(notices: Notice[]): Notice[] {
  const named = new Map(notices.map((notice) => [`${notice.name} ${notice.version}`, notice]));
  return [...named].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, notice]) => notice);
}
