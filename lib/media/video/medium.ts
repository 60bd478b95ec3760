import { describeContainer, sendOriginal } from '../container/container.ts';
import type { Medium } from '../medium.ts';

/** Videos: the model looks at them as they are. */
export const video: Medium = {
  name: 'video',
  inspect: (file, _, options) => describeContainer(file, options),
  prepare: async (_, facts) => sendOriginal(facts),
};
