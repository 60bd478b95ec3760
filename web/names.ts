/**
 * What cannot be seen and changes how a name reads: U+202E makes `gnp.exe` look like `exe.png`. Marks of
 * direction, spaces without width, fillers, tags. Not the joiners that scripts and emoji need.
 */
const UNSEEN =
  '\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\u{e0000}-\\u{e007f}';
const IN_JSON = new RegExp(`[${UNSEEN}]`, 'gu');
/** Of these the marks that turn what follows them. In words the others have their use: Arabic and Hebrew need some. */
const IN_WORDS = /([\u202a-\u202e\u2066-\u2069])/u;
const IN_NAME = new RegExp(`([\\p{Cc}${UNSEEN}])`, 'u');

/** The parts of a name: every second one is a sign that would not be seen, by its code, as `U+202E`. */
export function splitName(name: string): string[] {
  return split(name, IN_NAME);
}

/** The same of a text, whose lines and joiners stay. */
export function splitWords(text: string): string[] {
  return split(text, IN_WORDS);
}

function split(text: string, unseen: RegExp): string[] {
  return text.split(unseen).map((part, index) => (index % 2 ? codeOf(part) : part));
}

/** A name for labels and for what is spoken. */
export function spellName(name: string): string {
  return splitName(name)
    .map((part, index) => (index % 2 ? `[${part}]` : part))
    .join('');
}

/** JSON that means the same, with nothing in it that is not seen. */
export function spellJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(IN_JSON, (sign) =>
    sign
      .split('')
      .map((unit) => `\\u${hexOf(unit.charCodeAt(0))}`)
      .join(''),
  );
}

function codeOf(sign: string): string {
  return `U+${hexOf(sign.codePointAt(0) ?? 0).toUpperCase()}`;
}

function hexOf(code: number): string {
  return code.toString(16).padStart(4, '0');
}
