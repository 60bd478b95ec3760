import { build, byId, setText } from './dom.js';
import { formatCost, formatName, formatTime } from './format.js';
import { explainProblem, problemOf } from './problems.js';
import { createSureButton } from './sure-button.js';

/** The list of the latest analyses. `onOpen(id)` shows one, `onDelete(id)` removes one. */
export function createHistory({ api, onOpen, onDelete, onUnauthorized }) {
  const list = byId('history-list');
  const more = byId('more');
  const state = byId('history-state');
  let cursor;
  let latest = 0;

  const fail = (sentence, problem) => {
    const { what, action } = explainProblem(problem);
    setText(state, `${sentence} ${what} ${action}`);
  };
  const remove = (id) =>
    onDelete(id).catch((error) => fail('It could not be deleted.', problemOf(error)));

  const load = async (from) => {
    latest += 1;
    const mine = latest;
    if (list.children.length === 0) setText(state, 'Loading…');
    try {
      const { data, nextCursor } = await api.listAnalyses(from);
      // Answers may overtake each other.
      if (mine !== latest) return;
      cursor = nextCursor;
      const rows = data.map((summary) => buildRow(summary, { onOpen, onDelete: remove }));
      if (from) list.append(...rows);
      else list.replaceChildren(...rows);
      more.hidden = !nextCursor;
      setText(state, list.children.length === 0 ? 'None yet.' : '');
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'unauthorized') onUnauthorized();
      fail('The list could not be loaded.', problem);
    }
  };
  more.addEventListener('click', () => load(cursor));
  byId('refresh').addEventListener('click', () => load());
  return { refresh: () => load() };
}

function buildRow(
  { id, status, caption, source, createdAt, model, usage, error },
  { onOpen, onDelete },
) {
  const name = source?.filename ?? source?.key ?? id;
  const cost = usage?.costUsd === undefined ? undefined : formatCost(usage.costUsd);
  const line = [formatTime(createdAt), model, cost, error?.code].filter(Boolean).join(' · ');
  const remove = createSureButton({
    label: 'Delete',
    name: `Delete the analysis of ${name}`,
    onSure: () => onDelete(id),
  });
  return build(
    'li',
    { 'data-id': id },
    build('span', { class: `status ${status}` }, formatName(status)),
    build(
      'div',
      { class: 'about' },
      build('button', { type: 'button', class: 'link', click: () => onOpen(id, name) }, name),
      caption ? build('p', {}, caption) : undefined,
      build('p', { class: 'quiet' }, line),
    ),
    remove.element,
  );
}
