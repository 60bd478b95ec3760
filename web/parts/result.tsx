import type { Analysis } from '@sightline/client';
import { spellJson } from '../names.ts';
import { readResult } from '../reading.ts';
import { TEXTS } from '../texts.ts';
import { CopyButton } from './copy-button.tsx';
import { DocumentPages } from './document-pages.tsx';
import { Facts } from './facts.tsx';
import { Moderation } from './moderation.tsx';
import { RunAgain } from './run-again.tsx';
import { RunFacts, SafetyNotes } from './run-facts.tsx';
import { Seen } from './seen.tsx';
import '../styles/result.css';
import { SectionTitle } from './section-title.tsx';
import { Value } from './value.tsx';
import { Words } from './words.tsx';

export interface ResultProps {
  analysis: Analysis;
  /** Shows the file, where this page has it. */
  url?: string | undefined;
}

const STAND_IN = 'sightline-stand-in';

/** All that a finished analysis says. */
export function Result({ analysis, url }: ResultProps) {
  const reading = readResult(analysis);
  const { caption, summary, answer, tags, text, ratings, facts, others } = reading;
  return (
    <div class="result">
      <div class="seen">
        <Seen analysis={analysis} url={url} caption={caption} />
      </div>
      <div class="findings">
        {caption && (
          <p class="caption" dir="auto">
            <Words text={caption} />
          </p>
        )}
        {summary && (
          <p dir="auto">
            <Words text={summary} />
          </p>
        )}
        {answer && (
          <div class="answer">
            <SectionTitle>{TEXTS.result.answer}</SectionTitle>
            <p dir="auto">
              <Words text={answer} />
            </p>
          </div>
        )}
        <Tags tags={tags} />
        <Facts entries={facts} />
        {text && (
          <section class="text" aria-label={TEXTS.result.text}>
            <div class="heading">
              <SectionTitle>{TEXTS.result.text}</SectionTitle>
              <CopyButton text={text} />
            </div>
            <p dir="auto">
              <Words text={text} />
            </p>
          </section>
        )}
        <Moderation ratings={ratings} />
        <DocumentPages {...reading} />
        <Facts
          entries={others.map(([name, value]) => [name, <Value key={name} value={value} />])}
        />
        {analysis.model === STAND_IN && <p class="notice small">{TEXTS.result.standIn}</p>}
        <SafetyNotes safety={analysis.safety} />
        <RunFacts analysis={analysis} />
        <RunAgain analysis={analysis} />
        <details>
          <summary>{TEXTS.result.raw}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
          <pre tabIndex={0}>{spellJson(analysis)}</pre>
        </details>
      </div>
    </div>
  );
}

function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul class="tags" aria-label={TEXTS.result.tags}>
      {tags.map((tag) => (
        <li key={tag}>
          <bdi>
            <Words text={tag} />
          </bdi>
        </li>
      ))}
    </ul>
  );
}
