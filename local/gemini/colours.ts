/** A colour as three bytes, sRGB. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Each name stands for the region around its samples; greys and browns need several, being wide. */
const NAMED_SAMPLES: Readonly<Record<string, readonly string[]>> = {
  black: ['000000', '141414', '1c1c1c'],
  grey: ['3c3c3c', '5a5a5a', '808080', 'a5a5a5', 'c4c4c4', '6b7480', '7d7870'],
  white: ['ffffff', 'ececec', 'f6f4f0'],
  red: ['ff0000', 'c8102e', '8b0000', 'b22222', 'e34234'],
  orange: ['ff8c00', 'ff6a00', 'f4a040', 'e07b20'],
  brown: ['8b4513', '5c4033', 'a0724a', '3d2b1f', '7b5a3c', '6f4e37', '96785a'],
  beige: ['f5e6c8', 'd2b48c', 'e8d5b7', 'c8b090'],
  yellow: ['ffff00', 'ffd700', 'e6c229', 'fff176', 'c9b018'],
  green: ['00ff00', '008000', '2e8b57', '6b8e23', '1f4d2b', '90c978', '556b2f'],
  turquoise: ['00ffff', '40e0d0', '008b8b', '20b2aa', '1f5f63'],
  blue: ['0000ff', '1e62d0', '4682b4', '87ceeb', '191970', '1e3a5f', '6495ed'],
  purple: ['800080', '6a0dad', '9370db', '4b0082', 'c8a2e8'],
  pink: ['ff69b4', 'ffc0cb', 'ff1493', 'e78fb3', 'ff00ff'],
};

type Lab = readonly [lightness: number, a: number, b: number];

const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** OKLab, where equal distances look equally far apart. Matrices: Björn Ottosson, 2020. */
function toOklab([red, green, blue]: Rgb): Lab {
  const r = LINEAR[red] ?? 0;
  const g = LINEAR[green] ?? 0;
  const b = LINEAR[blue] ?? 0;
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ];
}

function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

const SAMPLES = Object.entries(NAMED_SAMPLES).flatMap(([name, hexes]) =>
  hexes.map((hex) => ({ name, lab: toOklab(fromHex(hex)) })),
);

/** Lightness counts half: a shadow on a red wall is still red. */
const LIGHTNESS_WEIGHT = 0.5;

function distance(left: Lab, right: Lab): number {
  const lightness = LIGHTNESS_WEIGHT * (left[0] - right[0]);
  return lightness ** 2 + (left[1] - right[1]) ** 2 + (left[2] - right[2]) ** 2;
}

/** The everyday name of a colour: one of thirteen. */
function nameColour(colour: Rgb): string {
  const lab = toOklab(colour);
  let best = { name: 'grey', distance: Number.POSITIVE_INFINITY };
  for (const sample of SAMPLES) {
    const candidate = distance(lab, sample.lab);
    if (candidate < best.distance) best = { name: sample.name, distance: candidate };
  }
  return best.name;
}

/** Share (0–1) below which a colour is not called dominant. */
const DOMINANT_SHARE = 0.12;
const MAX_DOMINANT = 3;

/** Names of the colours that cover most, the widest first: one to three of them, none for no colours. */
export function nameDominantColours(colours: Iterable<Rgb>): string[] {
  const counts = new Map<string, number>();
  let total = 0;
  for (const colour of colours) {
    const name = nameColour(colour);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    total += 1;
  }
  const ranked = [...counts].sort((left, right) => right[1] - left[1]);
  return ranked
    .filter(([, count], rank) => rank === 0 || count / total >= DOMINANT_SHARE)
    .slice(0, MAX_DOMINANT)
    .map(([name]) => name);
}
