import { execFileSync } from 'node:child_process';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import sharp from 'sharp';
import { findCommand, findFlaskPython } from './harness/commands.ts';

const PYTHON = 'import flask, PIL, platform; from importlib.metadata import version';
const VERSIONS =
  'print(f"Python {platform.python_version()}, Flask {version(\'flask\')}, Pillow {PIL.__version__}")';

/** What the figures are of: without it they say nothing. */
export interface Machine {
  /** ISO 8601. */
  date: string;
  processor: string;
  memoryMiB: number;
  platform: string;
  node: string;
  libvips: string;
  /** What the service is compared with: its versions, or what is missing. */
  references: string[];
}

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    processor: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    platform: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    libvips: sharp.versions.vips,
    references: [describeFlask(), ...describeTools()],
  };
}

function describeFlask(): string {
  const python = findFlaskPython();
  if (!python) return 'no Flask (Debian: python3-flask python3-pil)';
  return execFileSync(python, ['-c', `${PYTHON}; ${VERSIONS}`], { encoding: 'utf8' }).trim();
}

function describeTools(): string[] {
  return [
    describeTool(['djpeg', 'cjpeg'], 'libjpeg-turbo-progs'),
    describeTool(['vipsthumbnail'], 'libvips-tools'),
    describeTool(['heif-enc'], 'libheif-examples'),
  ];
}

function describeTool(names: string[], debian: string): string {
  const said = names.join(', ');
  return names.every(findCommand) ? said : `no ${said} (Debian: ${debian})`;
}
