import type { Analysis } from '@sightline/client';
import { spellJson } from '../names.ts';
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
import { Words } from './words.tsx';

export interface ResultProps {
  analysis: Analysis;
  /** Shows the file, where this page has it. */
  url?: string | undefined;
}

const STAND_IN = 'sightline-stand-in';
/** Shown in their own way, so not among the other facts. */
const OWN_PLACE = [
  'caption',
  'summary',
  'tags',
  'answer',
  'objects',
  'text',
  'blocks',
  'moderation',
  'categories',
  'chapters',
  'speech',
  'segments',
  'onScreenText',
  'pages',
  'tables',
  'fields',
];

/** All that a finished analysis says. */
export function Result({ analysis, url }: ResultProps) {
  const { result = {} } = analysis;
  const summary = textOf(result.summary);
  const caption = textOf(result.caption) || summary;
  const text = textOf(result.text);
  const others = Object.entries(result).filter(([name]) => !OWN_PLACE.includes(name));
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
        {summary && summary !== caption && (
          <p dir="auto">
            <Words text={summary} />
          </p>
        )}
        {textOf(result.answer) && (
          <div class="answer">
            <SectionTitle>{TEXTS.result.answer}</SectionTitle>
            <p dir="auto">
              <Words text={textOf(result.answer)} />
            </p>
          </div>
        )}
        <Tags tags={result.tags} />
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
        <Moderation ratings={result.moderation ?? result.categories} />
        <DocumentPages result={result} />
        <Facts entries={others} />
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

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function Tags({ tags }: { tags: unknown }) {
  if (!Array.isArray(tags) || tags.length === 0) return null;
  return (
    <ul class="tags" aria-label={TEXTS.result.tags}>
      {tags.map((tag) => (
        <li key={String(tag)}>
          <bdi>
            <Words text={String(tag)} />
          </bdi>
        </li>
      ))}
    </ul>
  );
}
