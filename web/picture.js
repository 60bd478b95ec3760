import { build } from './dom.js';

const HUES = 6;

/** Boxes of a result with their labels: objects first, then people. Fractions of the upright picture. */
export function boxesOf(result) {
  const objects = Array.isArray(result?.objects) ? result.objects : [];
  const people = Array.isArray(result?.people?.boxes) ? result.people.boxes : [];
  return [
    ...objects.map(({ label, box }) => ({ label: String(label ?? 'object'), box })),
    ...people.map((person) => ({ label: 'person', box: person?.box ?? person })),
  ].filter(({ box }) => isBox(box));
}

function isBox(box) {
  return [box?.x, box?.y, box?.width, box?.height].every(Number.isFinite);
}

/**
 * The picture with its boxes over it. `url` is that of the file chosen here (browsers turn it upright), or
 * undefined for a picture of another visit, whose place is then kept by its size.
 */
export function buildPicture({ url, alt, source, boxes }) {
  const frame = build('div', { class: 'frame' });
  if (url) {
    frame.append(
      build('img', { src: url, alt, error: () => showPlaceholder(frame, source, UNREADABLE) }),
    );
  } else showPlaceholder(frame, source, ELSEWHERE);
  const hues = new Map();
  frame.append(...boxes.map((one) => buildBox(one, hues)));
  return frame;
}

const UNREADABLE = 'Your browser cannot show this format.';
const ELSEWHERE = 'The picture itself stays in storage.';

function showPlaceholder(frame, source, why) {
  const place = build('div', { class: 'placeholder' }, build('p', { class: 'quiet' }, why));
  place.style.aspectRatio =
    source?.width && source?.height ? `${source.width} / ${source.height}` : '3 / 2';
  frame.querySelector('img')?.remove();
  frame.prepend(place);
}

/** One hue a label, so that all cups look alike. */
function buildBox({ label, box }, hues) {
  if (!hues.has(label)) hues.set(label, hues.size % HUES);
  const name = build('span', {}, label);
  const element = build('div', { class: `box hue-${hues.get(label)}`, 'data-label': label }, name);
  if (box.y < 0.06) element.classList.add('at-top');
  if (box.x > 0.6) element.classList.add('at-right');
  // Set one by one: a style attribute would be stopped by the content security policy.
  element.style.left = `${box.x * 100}%`;
  element.style.top = `${box.y * 100}%`;
  element.style.width = `${box.width * 100}%`;
  element.style.height = `${box.height * 100}%`;
  return element;
}
