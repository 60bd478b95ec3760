import { once } from 'node:events';
import { createServer } from 'node:http';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boundCalls, connectQueues } from '../../lib/aws/connections.ts';
import { createQueue, MAX_HIDE_SECONDS } from '../../lib/aws/queue.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('a delay of days is cut to what SQS takes after the work that came before it', async () => {
  const url = service.played.refOf('UploadQueue');
  const name = url.split('/').at(-1) ?? '';
  service.cloud.queues.purge(name); // what S3 sent when it was set up
  service.cloud.queues.send(name, { body: 'x' });
  const [message] = await service.cloud.queues.receive(name, { max: 1, waitSeconds: 1 });
  const queue = createQueue(connectQueues(), url);
  await queue.changeVisibility(message?.receiptHandle ?? '', 86_400);
  expect(service.cloud.queues.count(name)).toMatchObject({ visible: 0 });
  expect(MAX_HIDE_SECONDS).toBeLessThan(43_200);
});

test('a service that never answers is given up', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ ...boundCalls(100, 2), endpoint });
  await expect(client.send(new ListBucketsCommand({}))).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  silent.closeAllConnections();
  silent.close();
});
