import { createCard } from './card.js';
import { byId } from './dom.js';
import { followAnalysis } from './follow.js';
import { problemOf } from './problems.js';
import { createLine, runPicture } from './run.js';

/** The pictures of this visit: a card each, from the file to its result. `onChange` after each change. */
export function createPictures({ api, maxBytes, onChange, onUnauthorized }) {
  const inLine = createLine();
  const entries = new Set();
  const find = (id) => [...entries].find((entry) => entry.id === id);

  const remove = async (entry) => {
    entry.stop.abort();
    try {
      if (entry.id) await api.deleteAnalysis(entry.id);
    } catch (error) {
      if (problemOf(error).code !== 'analysis_not_found') {
        entry.card.showProblem(problemOf(error));
        return;
      }
    }
    entries.delete(entry);
    entry.card.element.remove();
    if (entry.url) URL.revokeObjectURL(entry.url);
    onChange();
  };

  const place = (name, url) => {
    const entry = { url, stop: new AbortController() };
    entry.card = createCard({ name, url, onRemove: () => remove(entry) });
    entries.add(entry);
    byId('cards').prepend(entry.card.element);
    return entry;
  };

  /** Runs the work on an entry, shows how it fails, and offers to go on. */
  const watch = async (entry, work) => {
    if (entry.stop.signal.aborted) return;
    try {
      await work();
    } catch (error) {
      if (entry.stop.signal.aborted) return;
      const problem = problemOf(error);
      if (problem.code === 'unauthorized') onUnauthorized();
      entry.card.showProblem(problem, () => {
        entry.card.reset();
        watch(entry, work);
      });
    }
    onChange();
  };

  const follow = (entry) =>
    followAnalysis(api, entry.id, {
      onChange: entry.card.showAnalysis,
      signal: entry.stop.signal,
    });

  const run = (entry, file, question) =>
    entry.uploaded ? follow(entry) : runPicture({ api, file, question, maxBytes, entry, follow });

  return {
    add(file, question) {
      const entry = place(file.name || 'Pasted picture', URL.createObjectURL(file));
      entry.card.reset();
      inLine(() => watch(entry, () => run(entry, file, question)));
    },
    /** Shows an analysis of the list, or goes to its card where it has one. */
    open(id, name) {
      const entry = find(id) ?? place(name);
      const known = entry.id === id;
      entry.id = id;
      entry.card.focus();
      if (!known) watch(entry, () => follow(entry));
    },
    async remove(id) {
      const entry = find(id);
      if (entry) return remove(entry);
      await api.deleteAnalysis(id);
      return onChange();
    },
  };
}
