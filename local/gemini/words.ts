import type { Measurement } from './measure.ts';
import type { Picture } from './picture.ts';

/** Values for the property names of a schema that measuring can speak to. */
export type Knowledge = Readonly<Record<string, readonly unknown[]>>;

const HOW_TO_SET_A_KEY =
  'Set a real key to have them understood: GEMINI_API_KEY=… npm start (a key: https://aistudio.google.com/apikey).';

const ANSWER = `This is Sightline's stand-in for Gemini: it measures files and understands nothing, so it cannot answer questions about them. ${HOW_TO_SET_A_KEY}`;

/** What the stand-in says of a picture: always named as measured, never as understood. */
export function describePicture(picture: Picture): Knowledge {
  const size = `${picture.width} × ${picture.height} px`;
  if (!picture.decoded) {
    return sayMeasured(
      `Measured, not understood: a HEIC picture of ${size}, whose pixels the stand-in cannot decode.`,
    );
  }
  const { kind, colours, transparent, brightness } = picture;
  const looks = [
    `mostly ${joinWords(colours)}`,
    nameBrightness(brightness),
    nameContrast(picture),
    nameSharpness(picture),
  ];
  if (transparent) looks.push('partly transparent');
  return {
    ...sayMeasured(`Measured, not understood: a ${size} ${kind}, ${looks.join(', ')}.`),
    tags: [['measured', kind, ...colours, nameBrightness(brightness)]],
    scene: [`measured: a ${nameBrightness(brightness)} ${kind}`, kind],
    colors: [colours],
    colours: [colours],
  };
}

/** Lists of what a model has recognised: where they cannot be left open, an empty one claims the least. */
const RECOGNISED = [
  ...['objects', 'blocks', 'others', 'languages', 'tables', 'fields'],
  ...['speech', 'segments', 'speakers', 'on_screen_text'],
];
const NOTHING_RECOGNISED: Knowledge = Object.fromEntries(
  RECOGNISED.map((name) => [name, [null, []]]),
);

/** What can be said of every file: what was measured, and that nothing more was. */
export function sayMeasured(caption: string): Knowledge {
  return {
    ...NOTHING_RECOGNISED,
    caption: [caption],
    tags: [['measured']],
    answer: [ANSWER],
    instructions_in_image: [{ found: false, note: '' }],
  };
}

function joinWords(words: readonly string[]): string {
  if (words.length === 0) return 'nothing visible';
  return words.length === 1 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function nameBrightness(brightness: number): string {
  if (brightness < 0.3) return 'dark';
  return brightness > 0.7 ? 'bright' : 'mid-bright';
}

function nameContrast({ contrast }: Measurement): string {
  if (contrast < 0.1) return 'low in contrast';
  return contrast > 0.22 ? 'high in contrast' : 'of middling contrast';
}

/** Bounds in Measurement's unit, found on photos as taken, enlarged, and blurred by 3 px. */
function nameSharpness({ sharpness }: Measurement): string {
  if (sharpness < 1) return 'without detail';
  if (sharpness < 60) return 'soft';
  return sharpness > 250 ? 'sharp' : 'fairly sharp';
}
