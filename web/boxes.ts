/** Fractions of the upright picture, from its top left. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FoundBox {
  label: string;
  /** Which part of the result it is of: `objects`, `people`, `blocks`, or a field of an own analyzer. */
  group: string;
  box: Box;
  /** One colour a label; of so many. */
  hue: number;
}

const HUES = 6;
const MODEL_SCALE = 1_000;
/** Of a result that came from anywhere. */
const MAX_DEPTH = 8;
const NAMING = ['label', 'name', 'text', 'title', 'kind'];

/** Every box of a result, by any analyzer: `{x, y, width, height}` anywhere, and a model's own four integers where the name says so. */
export function findBoxes(result: unknown): FoundBox[] {
  const found: Omit<FoundBox, 'hue'>[] = [];
  walk(result, { group: 'result', label: '' }, found, 0);
  const labels = [...new Set(found.map(({ label, group }) => (isText(group) ? group : label)))];
  return found.map((one) => ({
    ...one,
    hue: labels.indexOf(isText(one.group) ? one.group : one.label) % HUES,
  }));
}

/** Blocks of text are all of one colour, for each says something else. */
function isText(group: string): boolean {
  return group === 'blocks';
}

function walk(
  value: unknown,
  place: Pick<FoundBox, 'group' | 'label'>,
  found: Omit<FoundBox, 'hue'>[],
  depth: number,
): void {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return;
  if (isBox(value)) {
    found.push({ ...place, box: value });
    return;
  }
  if (Array.isArray(value)) {
    for (const one of value) walk(one, place, found, depth + 1);
    return;
  }
  const label = depth === 0 ? '' : (nameOf(value) ?? place.label);
  for (const [name, inner] of Object.entries(value)) {
    const group = depth === 0 ? name : place.group;
    const placed = name.includes('box') ? readModelBoxes(inner) : inner;
    walk(placed, { group, label: label || singular(group) }, found, depth + 1);
  }
}

/** As models give them, and a client's own schema keeps them: `[ymin, xmin, ymax, xmax]` of 1,000, or a list of such. */
function readModelBoxes(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (!value.every((one) => Number.isInteger(one))) return value.map(readModelBoxes);
  const [ymin = 0, xmin = 0, ymax = 0, xmax = 0] = value.map(clamp);
  if (value.length !== 4 || xmax <= xmin || ymax <= ymin) return undefined;
  const [x, y] = [xmin / MODEL_SCALE, ymin / MODEL_SCALE];
  return { x, y, width: (xmax - xmin) / MODEL_SCALE, height: (ymax - ymin) / MODEL_SCALE };
}

function clamp(side: number): number {
  return Math.min(MODEL_SCALE, Math.max(0, side));
}

function nameOf(value: object): string | undefined {
  const entries = new Map<string, unknown>(Object.entries(value));
  const named = NAMING.map((name) => entries.get(name)).find((name) => typeof name === 'string');
  return typeof named === 'string' && named !== '' ? named : undefined;
}

function singular(group: string): string {
  if (group.includes('box')) return 'box';
  return group === 'people' ? 'person' : group.replace(/s$/, '');
}

function isBox(value: object): value is Box {
  return ['x', 'y', 'width', 'height'].every(
    (name) => name in value && Number.isFinite(Reflect.get(value, name)),
  );
}
