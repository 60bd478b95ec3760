/** XYZ of white, as ICC profiles count. */
export const D50 = [0.9642, 1, 0.8249] as const;

/** XYZ (D50) of full red, green and blue, each adding up to white. */
export const LIGHTS = {
  p3: [
    [0.51512, 0.2412, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.1571, 0.06657, 0.78407],
  ],
  adobe: [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
  prophoto: [
    [0.79767, 0.28804, 0],
    [0.13519, 0.71188, 0],
    [0.03134, 0.00009, 0.82491],
  ],
};

type Curve =
  | { samples: readonly number[] }
  | { gamma: number }
  | { formula: number; parameters: readonly number[] };

interface Profile {
  curves: readonly Curve[];
  lights: readonly (readonly number[])[];
  /** Names of tags that are there, with nothing in them. */
  others?: readonly string[];
}

/** An ICC profile of version 4 for a screen (ICC.1:2022). */
export function writeProfile({ curves, lights, others = [] }: Profile): Buffer {
  const tags = [
    ...lights.map((light, at) => [`${'rgb'[at]}XYZ`, tag('XYZ ', ...light.map(fixed))] as const),
    ...curves.map((curve, at) => [`${'rgb'[at]}TRC`, writeCurve(curve)] as const),
    ['wtpt', tag('XYZ ', ...D50.map(fixed))] as const,
    ...others.map((name) => [name, tag('mft2')] as const),
  ];
  const head = Buffer.alloc(128);
  head.write('\x04\x30\0\0mntrRGB XYZ ', 8, 'latin1');
  head.write('acsp', 36, 'latin1');
  Buffer.concat(D50.map(fixed)).copy(head, 68);
  let at = head.length + 4 + 12 * tags.length;
  const table = tags.map(([name, data]) => {
    at += data.length;
    return Buffer.concat([Buffer.from(name), word(at - data.length), word(data.length)]);
  });
  head.writeUInt32BE(at, 0);
  return Buffer.concat([head, word(tags.length), ...table, ...tags.map(([, data]) => data)]);
}

function writeCurve(curve: Curve): Buffer {
  if ('gamma' in curve) return tag('curv', word(1), half(curve.gamma * 256), half(0));
  if ('samples' in curve) {
    const { samples } = curve;
    const even = samples.length % 2 ? [half(0)] : [];
    return tag('curv', word(samples.length), ...samples.map((one) => half(one * 65_535)), ...even);
  }
  return tag('para', half(curve.formula), half(0), ...curve.parameters.map(fixed));
}

function tag(kind: string, ...data: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(kind), word(0), ...data]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(Math.round(value));
  return bytes;
}

function fixed(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 65_536));
  return bytes;
}
