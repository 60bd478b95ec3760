import { go, hrefTo } from '../router.ts';
import { TEXTS } from '../texts.ts';
import { useFileDrop } from './use-file-drop.ts';

/** Takes files that are dropped or pasted in a view without a form for them: else the browser would leave the page for them. */
export function Elsewhere({ mayAdd }: { mayAdd: boolean }) {
  useFileDrop((files) => {
    const dropped = [...files];
    if (!mayAdd || dropped.length === 0) return;
    go(hrefTo([]));
    void import('../uploads/uploads.ts').then(({ addFiles }) =>
      addFiles(dropped, {}, TEXTS.intake.pasted),
    );
  });
  return null;
}
