import { describeContainer, sendOriginal } from '../container/container.ts';
import type { Medium } from '../medium.ts';

/** Recordings: the model hears them as they are. */
export const audio: Medium = {
  name: 'audio',
  inspect: (file, _, options) => describeContainer(file, options),
  prepare: async (_, facts) => sendOriginal(facts),
};
