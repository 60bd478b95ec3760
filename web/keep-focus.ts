/** What the keys were at, from within outwards, each with what stood beside it. */
type Path = { element: Element; beside: (Element | null)[] }[];

/**
 * Where the focused element is taken away (a button that has done its work, a card that is dismissed), browsers
 * focus nothing, and a screen reader begins at the top. The keys go on from what is around it, or beside it.
 * Whatever has a `tabindex` takes them.
 */
export function keepFocus(root: Element): void {
  let path: Path = [];
  document.addEventListener('focusin', ({ target }) => {
    path = target instanceof Element ? describe(target, root) : [];
  });
  const observer = new MutationObserver(() => {
    const isLost = document.activeElement === document.body && !path[0]?.element.isConnected;
    if (isLost) findPlace(path)?.focus({ preventScroll: true });
  });
  observer.observe(root, { childList: true, subtree: true });
}

function describe(target: Element, root: Element): Path {
  const path: Path = [];
  for (let at: Element | null = target; at && at !== root; at = at.parentElement)
    path.push({ element: at, beside: [at.nextElementSibling, at.previousElementSibling] });
  return path;
}

function findPlace(path: Path): HTMLElement | undefined {
  const places = path.flatMap(({ element, beside }) => [element, ...beside]);
  return places
    .filter((place) => place instanceof HTMLElement)
    .find((place) => place.isConnected && place.hasAttribute('tabindex'));
}
