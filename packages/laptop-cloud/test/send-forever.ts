import { setImmediate } from 'node:timers/promises';
import { openDatabase } from '../src/cloud/database.ts';
import { createQueues } from '../src/cloud/sqs/queues.ts';

// Run as a process of its own by a test that kills it: sends, prints each acknowledged id, receives some.
const queues = createQueues(openDatabase(process.argv[2] ?? ''), {
  endpoint: () => '',
  region: 'us-east-1',
  accountId: '000000000000',
});
queues.ensureQueue({ name: 'work' });
for (;;) {
  const { messageId } = queues.send('work', { body: 'x'.repeat(2_000) });
  console.log(messageId);
  await queues.receive('work', { max: 1, waitSeconds: 0 });
  await setImmediate();
}
