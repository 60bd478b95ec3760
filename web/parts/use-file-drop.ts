import { useEffect, useRef, useState } from 'preact/hooks';

/** Files dropped anywhere on the page, or pasted; says whether some are held over it. */
export function useFileDrop(onFiles: (files: Iterable<File>) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    // On the whole page: a file dropped beside the mark would make the browser leave it.
    document.addEventListener(
      'dragover',
      (event) => {
        if (isFileField(event.target)) return;
        event.preventDefault();
        setOver(true);
      },
      { signal },
    );
    document.addEventListener(
      'dragleave',
      (event) => {
        if (event.relatedTarget === null) setOver(false);
      },
      { signal },
    );
    document.addEventListener(
      'drop',
      (event) => {
        if (isFileField(event.target)) return;
        event.preventDefault();
        setOver(false);
        latest.current(event.dataTransfer?.files ?? []);
      },
      { signal },
    );
    document.addEventListener(
      'paste',
      (event) => {
        const { files } = event.clipboardData ?? {};
        if (!files?.length) return; // words, for a field
        event.preventDefault();
        latest.current(files);
      },
      { signal },
    );
    return () => stop.abort();
  }, []);
  return isOver;
}

/** It takes files by itself. */
function isFileField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'file';
}
