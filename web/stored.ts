type Place = 'sessionStorage' | 'localStorage';

/** What the page has kept in this tab, or in this browser; undefined also where the browser lets it keep nothing. */
export function readStored(place: Place, name: string): string | undefined {
  try {
    return window[place].getItem(name) ?? undefined;
  } catch {
    return undefined; // merely to look at the place is refused
  }
}

/** Keeps a text, or forgets it where it is undefined. Where nothing can be kept, it holds until the page is left. */
export function store(place: Place, name: string, text: string | undefined): void {
  try {
    if (text === undefined) window[place].removeItem(name);
    else window[place].setItem(name, text);
  } catch {
    // The page works all the same.
  }
}
