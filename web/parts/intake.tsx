import { useRef } from 'preact/hooks';
import { TEXTS } from '../texts.ts';
import type { Wish } from '../uploads/wish.ts';
import { AnalyzerChoice, readAnalyzer } from './analyzer-choice.tsx';
import { Icon } from './icon.tsx';
import { PartChoice, readPart } from './part-choice.tsx';
import { useAnalyzers } from './use-analyzers.ts';
import { useFileDrop } from './use-file-drop.ts';

const TYPES = 'image/*,video/*,audio/*,application/pdf,.heic,.heif,.avif';
const MAX_QUESTION_CHARACTERS = 2000;

/** The ways in for files: the buttons, dropping anywhere, pasting. */
export function Intake({ onFiles }: { onFiles: (files: File[], wish: Wish) => void }) {
  const form = useRef<HTMLFormElement>(null);
  const analyzers = useAnalyzers();
  const take = (files: Iterable<File> | null | undefined) => {
    const chosen = [...(files ?? [])];
    if (chosen.length > 0 && form.current?.reportValidity())
      onFiles(chosen, readWish(form.current));
  };
  const isOver = useFileDrop(take);
  return (
    <form class="panel intake" ref={form} onSubmit={(event) => event.preventDefault()}>
      <div class={isOver ? 'drop over' : 'drop'}>
        <div class="ways">
          <FileButton icon="add" name={TEXTS.intake.choose} onFiles={take} />
          <FileButton icon="camera" name={TEXTS.intake.camera} isCamera onFiles={take} />
        </div>
        <p class="quiet">{TEXTS.intake.hint}</p>
      </div>
      <label class="field" for="question">
        {TEXTS.intake.question} <span class="quiet">{TEXTS.intake.questionNote}</span>
      </label>
      <textarea
        id="question"
        name="prompt"
        rows={1}
        maxLength={MAX_QUESTION_CHARACTERS}
        placeholder={TEXTS.intake.questionExample}
      />
      <details>
        <summary>{TEXTS.intake.more}</summary>
        <div class="pair">
          <AnalyzerChoice all={analyzers ?? []} />
          <div>
            <label class="field" for="tags">
              {TEXTS.intake.tags} <span class="quiet">{TEXTS.intake.tagsNote}</span>
            </label>
            <input id="tags" name="tags" type="text" />
          </div>
          <PartChoice />
        </div>
      </details>
    </form>
  );
}

function readWish(form: HTMLFormElement): Wish {
  const fields = new FormData(form);
  const read = (name: string) => String(fields.get(name) ?? '').trim();
  const tags = read('tags')
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  return {
    ...(read('prompt') ? { prompt: read('prompt') } : {}),
    ...readAnalyzer(form),
    ...readPart(form),
    ...(tags.length > 0 ? { tags } : {}),
  };
}

interface FileButtonProps {
  icon: 'add' | 'camera';
  name: string;
  isCamera?: boolean;
  onFiles: (files: FileList | null) => void;
}

function FileButton({ icon, name, isCamera, onFiles }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const take = () => {
    onFiles(input.current?.files ?? null);
    if (input.current) input.current.value = ''; // else choosing the same file again would be no change
  };
  return (
    <>
      <button
        type="button"
        class={isCamera ? 'primary camera' : 'primary'}
        onClick={() => input.current?.click()}
      >
        <Icon name={icon} />
        {name}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={!isCamera}
        accept={isCamera ? 'image/*' : TYPES}
        capture={isCamera ? 'environment' : undefined}
        aria-label={name}
        onChange={take}
      />
    </>
  );
}
