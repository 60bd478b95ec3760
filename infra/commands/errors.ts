import { writeFileSync } from 'node:fs';
import { describeErrors } from '../docs/describe-errors.ts';

// `npm run docs:errors`: docs/errors.md from the one table of codes.
writeFileSync(new URL('../../docs/errors.md', import.meta.url), describeErrors());
