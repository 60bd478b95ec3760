import { spellName } from '../names.ts';
import { TEXTS } from '../texts.ts';
import type { Upload } from '../uploads/upload.ts';
import { dropUpload, pauseUpload, removeUpload, resumeUpload } from '../uploads/uploads.ts';
import { SureButton } from './sure-button.tsx';

/** Pause, go on, cancel while it is on its way; delete when there is something to lose. */
export function UploadActions({ upload }: { upload: Upload }) {
  const { phase, analysis } = upload.state.value;
  const { isSent } = upload.kept;
  const name = spellName(upload.kept.name);
  const remove = () => void removeUpload(upload);
  if (phase === 'ended' || phase === 'problem') {
    if (analysis?.status !== 'succeeded')
      return <Plain label={TEXTS.uploads.dismiss} name={name} onClick={() => dropUpload(upload)} />;
    const of = TEXTS.of(TEXTS.uploads.delete, name);
    return <SureButton label={TEXTS.uploads.delete} name={of} onSure={remove} />;
  }
  const [turn, act] =
    phase === 'paused' ? (['resume', resumeUpload] as const) : (['pause', pauseUpload] as const);
  return (
    <>
      {(turn === 'resume' || !isSent) && (
        <Plain label={TEXTS.uploads[turn]} name={name} onClick={() => act(upload)} />
      )}
      <Plain label={TEXTS.uploads.cancel} name={name} onClick={remove} />
    </>
  );
}

function Plain({ label, name, onClick }: { label: string; name: string; onClick: () => void }) {
  return (
    <button type="button" class="plain" aria-label={TEXTS.of(label, name)} onClick={onClick}>
      {label}
    </button>
  );
}
