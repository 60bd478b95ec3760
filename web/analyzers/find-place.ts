/** Where in a text of JSON the value of a JSON Pointer begins and ends, in characters; undefined where there is none. */
export function findPlace(
  text: string,
  pointer: string,
): { start: number; end: number } | undefined {
  const wanted = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const reader = createReader(text);
  try {
    return reader.find(wanted);
  } catch {
    return undefined; // no JSON, or no such place in it
  }
}

/** Reads what JSON.parse has taken: only so far that it knows where values are. */
function createReader(text: string) {
  let at = 0;

  function skip(): void {
    while (/[\s,:]/.test(text.charAt(at)) && at < text.length) at += 1;
  }

  function readString(): string {
    const start = at;
    at += 1;
    while (text.charAt(at) !== '"') {
      if (at >= text.length) throw new Error('The text ends.');
      at += text.charAt(at) === '\\' ? 2 : 1;
    }
    at += 1;
    return JSON.parse(text.slice(start, at));
  }

  /** Goes through one value; of an object or a list, `visit` is told of each entry before it is read. */
  function read(visit: (name: string) => void = () => {}): void {
    skip();
    const sign = text.charAt(at);
    if (sign === '"') readString();
    else if (sign === '{' || sign === '[') readEntries(sign, visit);
    else while (/[^\s,\]}]/.test(text.charAt(at)) && at < text.length) at += 1;
  }

  function readEntries(sign: string, visit: (name: string) => void): void {
    at += 1;
    for (let index = 0; ; index += 1) {
      skip();
      if (at >= text.length) throw new Error('The text ends.');
      if (/[}\]]/.test(text.charAt(at))) break;
      const name = sign === '{' ? readString() : String(index);
      skip();
      const before = at;
      visit(name);
      if (at === before) read();
    }
    at += 1;
  }

  function find([name, ...rest]: string[]): { start: number; end: number } | undefined {
    skip();
    const start = at;
    if (name === undefined) {
      read();
      return { start, end: at };
    }
    let found: { start: number; end: number } | undefined;
    read((each) => {
      if (each === name && !found) found = find(rest);
    });
    return found;
  }

  return { find };
}
