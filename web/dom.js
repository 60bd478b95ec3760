/**
 * Builds an element. Children are elements or texts, and a text goes in as text, never as HTML: captions,
 * file names and words from a picture are written by strangers.
 */
export function build(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Sets a text only when it differs, so that live regions don't read it out twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
