import { parseArgs } from 'node:util';
import { fuzzGate } from './support/fuzz.ts';

// The same as test/integration/mutations.test.ts, for as long as wanted: npm run fuzz -- --minutes 60

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const until = Date.now() + Number(values.minutes) * 60_000;
for (let rounds = 1; Date.now() < until; rounds += 1) {
  await fuzzGate({ quick: 5_000, slow: 100 });
  console.info(`${rounds * 5_100} files, and nothing found`);
}
