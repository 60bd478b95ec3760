import { useEffect, useRef, useState } from 'preact/hooks';
import { listDropped } from './dropped-files.ts';

/** Files dropped anywhere on the page, or pasted; says whether some are held over it. */
export function useFileDrop(onFiles: (files: Iterable<File>) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const stop = new AbortController();
    // On the whole page: a file dropped beside the mark would make the browser leave it.
    const listen = <Name extends 'dragover' | 'dragleave' | 'drop' | 'paste'>(
      name: Name,
      act: (event: DocumentEventMap[Name]) => void,
    ) => document.addEventListener(name, act, { signal: stop.signal });
    listen('dragover', (event) => {
      if (isForField(event)) return;
      event.preventDefault();
      const hasFiles = holdsFiles(event.dataTransfer);
      setOver(hasFiles);
      // A link or words mean nothing here, and the browser would go to the link.
      if (!hasFiles && event.dataTransfer) event.dataTransfer.dropEffect = 'none';
    });
    listen('dragleave', (event) => {
      if (event.relatedTarget === null) setOver(false);
    });
    listen('drop', (event) => {
      if (isForField(event)) return;
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer)
        void listDropped(event.dataTransfer).then((files) => latest.current(files));
    });
    listen('paste', (event) => {
      const { files, types } = event.clipboardData ?? {};
      // Words for a field; tables and documents bring a picture of themselves along.
      if (!files?.length || (isTextField(event.target) && types?.includes('text/plain'))) return;
      event.preventDefault();
      latest.current(files);
    });
    return () => stop.abort();
  }, []);
  return isOver;
}

function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

/** A field of files takes files by itself, one of text takes words. */
function isForField({ target, dataTransfer }: DragEvent): boolean {
  const isFileField = target instanceof HTMLInputElement && target.type === 'file';
  return isFileField || (isTextField(target) && !holdsFiles(dataTransfer));
}

function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && target.type !== 'file')
  );
}
