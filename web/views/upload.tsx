import { useEffect } from 'preact/hooks';
import { Intake } from '../parts/intake.tsx';
import { UploadCard } from '../parts/upload-card.tsx';
import { UploadsSummary } from '../parts/uploads-summary.tsx';
import type { ViewProps } from '../router.ts';
import { TEXTS } from '../texts.ts';
import { addFiles, uploads } from '../uploads/uploads.ts';
import '../styles/upload.css';

export function View(_: ViewProps) {
  useEffect(() => {
    import('../parts/result.tsx').catch(() => {}); // so that it is there when the first one is done
  }, []);
  const all = uploads.value;
  return (
    <>
      <h1 class="out-of-sight">{TEXTS.intake.title}</h1>
      <Intake onFiles={(files, wish) => addFiles(files, wish, TEXTS.intake.pasted)} />
      {all.length > 0 && (
        <section aria-labelledby="uploads-title">
          <UploadsSummary uploads={all} />
          {all.map((upload) => (
            <UploadCard key={upload.kept.key} upload={upload} isOnly={all.length === 1} />
          ))}
        </section>
      )}
      <p class="quiet">
        <a href="/reference.html">{TEXTS.uploads.reference}</a>
      </p>
    </>
  );
}
