import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Picture } from '../corpus/corpus.ts';
import { countTimes } from '../corpus/count-times.ts';
import { findCommand } from '../harness/commands.ts';
import type { Cost } from '../harness/rounds.ts';
import type { References } from './flask.ts';

const execute = promisify(execFile);
/** As near to what the service sends as the decoder's own scaling comes, in pixels. */
const LEAST_EDGE_PIXELS = 1_000;
const EIGHTHS = [1, 2, 4, 8];

interface Tool {
  name: string;
  needs: string[];
  takes(picture: Picture): boolean;
  /** A line of shell; FILE and OUT are set. */
  line(picture: Picture): string;
}

const TOOLS: Tool[] = [
  {
    name: 'djpeg+cjpeg', // what libjpeg-turbo itself needs
    needs: ['djpeg', 'cjpeg'],
    takes: ({ mediaType }) => mediaType === 'image/jpeg',
    line: (picture) =>
      `djpeg -scale ${chooseEighths(picture)}/8 "$FILE" | cjpeg -quality 82 > "$OUT"`,
  },
  {
    name: 'vipsthumbnail',
    needs: ['vipsthumbnail'],
    takes: ({ mediaType }) => !['image/avif', 'image/heic'].includes(mediaType), // Debian's build
    line: () => 'vipsthumbnail "$FILE" -s "1344x1344>" -o "$OUT[Q=82,strip]"',
  },
];

const STARTED =
  'djpeg+cjpeg and vipsthumbnail are started anew for each picture, and the start is counted; all others are warm.';

/** Command-line tools: whole processes, their start included. */
export function openTools(): References {
  const isHere = ({ needs }: Tool) => needs.every((name) => findCommand(name));
  const missing = TOOLS.filter((tool) => !isHere(tool));
  return {
    variants: TOOLS.filter(isHere).map((tool) => ({
      name: tool.name,
      async measure(picture: Picture) {
        return tool.takes(picture) ? runTool(tool, picture) : undefined;
      },
    })),
    notes: [
      ...(missing.length < TOOLS.length ? [STARTED] : []),
      ...missing.map(({ name }) => `${name} is left out: not installed here.`),
    ],
  };
}

function chooseEighths({ longEdge }: Picture): number {
  return EIGHTHS.find((eighths) => (longEdge * eighths) / 8 >= LEAST_EDGE_PIXELS) ?? 8;
}

async function runTool(tool: Tool, picture: Picture): Promise<Cost> {
  const { counted } = countTimes(picture);
  const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
  const OUT = join(folder, 'out.jpg');
  const env = { ...process.env, FILE: picture.file, OUT, VIPS_CONCURRENCY: '1' };
  const loop = `i=0; while [ $i -lt ${counted} ]; do ${tool.line(picture)} || exit 1; i=$((i+1)); done; times`;
  try {
    const { stdout } = await execute(findCommand('bash') ?? 'sh', ['-c', loop], { env });
    return { cpuMs: readChildrenMs(stdout) / counted, bytes: statSync(OUT).size };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The second line of the shell's `times`: user and system time of what it has run, `0m1.234s 0m0.056s`. */
function readChildrenMs(times: string): number {
  const [, children = ''] = times.trim().split('\n').slice(-2);
  const spans = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return spans.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000,
    0,
  );
}
