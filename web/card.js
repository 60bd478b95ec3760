import { build, setText } from './dom.js';
import { explainProblem } from './problems.js';
import { buildResult } from './result.js';
import { createStages } from './stages.js';
import { createSureButton } from './sure-button.js';

/** The place of one picture on the page. `url` shows it; undefined for one of another visit. */
export function createCard({ name, url, onRemove }) {
  const stages = createStages();
  const thumbnail = url ? build('img', { class: 'thumbnail', src: url, alt: '' }) : undefined;
  thumbnail?.addEventListener('error', () => thumbnail.remove());
  const remove = createSureButton({ label: 'Cancel', sure: true, onSure: onRemove });
  const title = build('h3', {}, name);
  const body = build('div', { class: 'body' }, stages.element);
  // The stages and their live region are gone when there is a result: its caption is read out from here.
  const spoken = build('p', { class: 'out-of-sight', role: 'status' });
  const element = build(
    'article',
    { class: 'panel card', 'aria-label': name, tabindex: '-1' },
    build('div', { class: 'heading' }, thumbnail, title, remove.element),
    body,
    spoken,
  );

  const showProblem = (problem, onRetry) => {
    element.classList.add('ended', 'bad');
    remove.change({ label: 'Delete' });
    body.replaceChildren(buildProblem(problem, onRetry));
  };

  return {
    element,
    showUpload: stages.showUpload,
    showWaiting: stages.showWaiting,
    showProblem,
    /** Starts over, for another try. */
    reset() {
      element.classList.remove('ended', 'bad');
      remove.change({ label: 'Cancel', sure: true });
      body.replaceChildren(stages.element);
    },
    focus() {
      element.focus({ preventScroll: true });
      element.scrollIntoView({ block: 'start' });
    },
    showAnalysis(analysis) {
      stages.showAnalysis(analysis);
      if (analysis.status === 'succeeded') {
        thumbnail?.remove();
        element.classList.add('ended');
        remove.change({ label: 'Delete' });
        body.replaceChildren(buildResult(analysis, url));
        setText(spoken, `Done. ${analysis.result?.caption ?? ''}`);
      } else if (['failed', 'rejected'].includes(analysis.status)) {
        showProblem(analysis.error ?? {});
      } else if (analysis.status === 'expired') showProblem({ code: 'upload_expired' });
    },
  };
}

/** What happened, what to do, and the code for whoever is asked for help. */
function buildProblem(problem, onRetry) {
  const { what, action, detail, code, requestId } = explainProblem(problem);
  return build(
    'div',
    { class: 'problem', role: 'alert' },
    build('p', { class: 'what' }, what),
    build('p', {}, action),
    detail && detail !== what ? build('p', { class: 'quiet' }, detail) : undefined,
    build(
      'p',
      { class: 'quiet' },
      'Code ',
      build('code', {}, code),
      requestId ? `, request ${requestId}` : '',
    ),
    onRetry
      ? build('button', { type: 'button', class: 'primary', click: onRetry }, 'Try again')
      : undefined,
  );
}
