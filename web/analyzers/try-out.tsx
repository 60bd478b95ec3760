import type { OwnAnalyzer } from '@sightline/client';
import { useRef, useState } from 'preact/hooks';
import { UploadCard } from '../parts/upload-card.tsx';
import { TEXTS } from '../texts.ts';
import { addFiles, uploads } from '../uploads/uploads.ts';
import '../styles/upload.css';

/** A picture for the analyzer as it is written now: it is saved first. */
export function TryOut({ save }: { save: () => Promise<OwnAnalyzer | undefined> }) {
  const picker = useRef<HTMLInputElement>(null);
  const [since, setSince] = useState<number>();
  const { analyzers } = TEXTS;
  const tryIt = async (files: File[]) => {
    const analyzer = files.length > 0 ? await save() : undefined;
    if (!analyzer) return;
    setSince((first) => first ?? Date.now());
    addFiles(files, { analyzer: analyzer.name }, TEXTS.intake.pasted);
  };
  const tried =
    since === undefined
      ? []
      : uploads.value.filter(({ kept }) => kept.createdAt >= since && kept.wish.analyzer);
  return (
    <div class="try-out">
      <input
        ref={picker}
        type="file"
        hidden
        aria-label={analyzers.tryOut}
        accept="image/*,application/pdf"
        onChange={({ currentTarget }) => {
          void tryIt([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      <div class="inline">
        <button type="button" class="plain" onClick={() => picker.current?.click()}>
          {analyzers.tryOut}
        </button>
        <span class="quiet">{analyzers.tryOutNote}</span>
      </div>
      {tried.map((upload, index) => (
        <UploadCard key={upload.kept.key} upload={upload} isOnly={index === 0} />
      ))}
    </div>
  );
}
