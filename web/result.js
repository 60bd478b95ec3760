import { build } from './dom.js';
import { formatBytes, formatCost, formatName } from './format.js';
import { boxesOf, buildPicture } from './picture.js';

const STAND_IN = 'sightline-stand-in';
/** Shown in their own way, so not among the other facts. */
const OWN_PLACE = ['caption', 'tags', 'answer', 'objects'];

/** All that a finished analysis says; `url` is the picture's, where this page has it. */
export function buildResult(analysis, url) {
  const { result = {} } = analysis;
  const facts = { ...result, moderation: describeModeration(result.moderation) };
  const boxes = boxesOf(result);
  const picture = buildPicture({ url, alt: result.caption ?? '', source: analysis.source, boxes });
  return build(
    'div',
    { class: 'result' },
    build('div', {}, picture, buildLegend(boxes, picture)),
    build(
      'div',
      { class: 'findings' },
      result.caption ? build('p', { class: 'caption' }, String(result.caption)) : undefined,
      result.answer ? buildAnswer(result.answer) : undefined,
      buildTags(result.tags),
      buildFacts(Object.entries(facts).filter(([name]) => !OWN_PLACE.includes(name))),
      analysis.model === STAND_IN ? buildStandInNote() : undefined,
      buildFacts(listRun(analysis)),
      build(
        'details',
        {},
        build('summary', {}, 'Raw JSON'),
        build('pre', { tabindex: '0' }, JSON.stringify(analysis, null, 2)),
      ),
    ),
  );
}

function buildAnswer(answer) {
  return build(
    'div',
    { class: 'answer' },
    build('h4', {}, 'Answer'),
    build('p', {}, String(answer)),
  );
}

function buildTags(tags) {
  if (!Array.isArray(tags) || tags.length === 0) return undefined;
  const items = tags.map((tag) => build('li', {}, String(tag)));
  return build('ul', { class: 'tags', 'aria-label': 'Tags' }, ...items);
}

/** Pointing at a name shows its boxes; each name once, with how many there are. */
function buildLegend(boxes, picture) {
  if (boxes.length === 0) return undefined;
  const counts = new Map();
  for (const { label } of boxes) counts.set(label, (counts.get(label) ?? 0) + 1);
  const point = (label) => () => {
    picture.classList.toggle('pointing', label !== undefined);
    for (const box of picture.querySelectorAll('.box')) {
      box.classList.toggle('pointed', box.dataset.label === label);
    }
  };
  const items = [...counts].map(([label, count]) => {
    const name = count > 1 ? `${label} × ${count}` : label;
    const [on, off] = [point(label), point(undefined)];
    const events = { mouseenter: on, focus: on, mouseleave: off, blur: off };
    return build('li', {}, build('button', { type: 'button', ...events }, name));
  });
  return build('ul', { class: 'legend', 'aria-label': 'Found in the picture' }, ...items);
}

function buildFacts(entries) {
  const shown = entries.filter(([, value]) => !isEmpty(value));
  if (shown.length === 0) return undefined;
  const rows = shown.map(([name, value]) =>
    build('div', {}, build('dt', {}, formatName(name)), build('dd', {}, describeValue(value))),
  );
  return build('dl', { class: 'facts' }, ...rows);
}

function isEmpty(value) {
  return value === undefined || value === null || value === '' || value?.length === 0;
}

/** Any value of any analyzer as a line of text. */
function describeValue(value) {
  if (Array.isArray(value)) return value.map(describeValue).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([name, inner]) => name !== 'boxes' && !isEmpty(inner))
    .map(([name, inner]) => `${formatName(name)}: ${describeValue(inner)}`)
    .join(' · ');
}

/** Only what was rated above the lowest: seven times "none" would hide the one that counts. */
function describeModeration(ratings) {
  const levels = Object.entries(ratings ?? {});
  if (levels.length === 0) return undefined;
  const raised = levels.filter(([, level]) => level !== 'none');
  return raised.length > 0 ? Object.fromEntries(raised) : 'all none';
}

function buildStandInNote() {
  return build(
    'p',
    { class: 'notice small' },
    'Measured by the stand-in, which knows pixels and understands nothing.',
  );
}

function listRun({ source = {}, model, usage, cached, analyzer }) {
  const size = source.width && source.height ? `${source.width} × ${source.height} px` : '';
  const bytes = source.bytes ? formatBytes(source.bytes) : '';
  const file = [source.mediaType, size, bytes].filter(Boolean).join(' · ');
  const count = (tokens) => Number(tokens).toLocaleString();
  return [
    ['file', file],
    ['model', model],
    ['analyzer', analyzer ? `${analyzer.name}, version ${analyzer.version}` : ''],
    ['tokens', usage ? `${count(usage.inputTokens)} in, ${count(usage.outputTokens)} out` : ''],
    ['cost', usage?.costUsd === undefined ? '' : formatCost(usage.costUsd)],
    ['cached', cached ? 'yes: these bytes were analysed before, nothing was paid' : ''],
  ];
}
