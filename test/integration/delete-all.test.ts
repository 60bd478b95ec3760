import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { newAnalysis } from '../../lib/analysis/record.ts';
import { deleteAll } from '../../lib/requests/delete.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function store(clientId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => createAnalysisId(Date.now() + index));
  for (const id of ids) {
    const source = { key: uploadKey(id), filename: 'a.jpg' };
    const analyzer = { name: 'describe', version: 1 };
    await service.analyses.create(newAnalysis({ id, clientId, source, analyzer, now: Date.now() }));
    await service.uploads.put(source.key, Buffer.from(id), 'image/jpeg');
  }
  return ids;
}
const depsAt = (now: () => number) => ({ ...service, ...service.lists, now });

test('given more than a page, then everything of the client goes, and nothing of another', async () => {
  await store('many', 120);
  const [kept = ''] = await store('other', 1);
  const { complete, deleted } = await deleteAll(depsAt(Date.now), 'many', Date.now() + 60_000);
  expect({ complete, ...deleted }).toMatchObject({ complete: true, record: 120, object: 120 });
  const { items } = await service.lists.list({ clientId: 'many', limit: 9, now: Date.now() });
  expect(items).toEqual([]);
  expect(await service.analyses.read(kept)).toMatchObject({ status: 'awaiting_upload' });
  expect(await service.uploads.remove(uploadKey(kept))).toBe(true);
});

test('given too little time, then it says that it is not complete, and the next call goes on', async () => {
  await store('slow', 25);
  let looks = 0;
  const clock = () => {
    looks += 1;
    return looks > 20 ? 1_000 : 0; // the time is up after the first group
  };
  const first = await deleteAll(depsAt(clock), 'slow', 500);
  expect(first.complete).toBe(false);
  const rest = await deleteAll(depsAt(Date.now), 'slow', Date.now() + 60_000);
  expect(rest.complete).toBe(true);
  expect(first.deleted.record + rest.deleted.record).toBe(25);
  expect(first.deleted.record).toBeGreaterThan(0);
});

test('given one that could not be finished, then the next call finishes it, though no list shows it', async () => {
  const [id = ''] = await store('cut-off', 1);
  const remove = () => Promise.reject(new Error('throttled'));
  const broken = { ...depsAt(Date.now), uploads: { ...service.uploads, remove } };
  await expect(deleteAll(broken, 'cut-off', Date.now() + 60_000)).rejects.toThrow('throttled');
  const { items } = await service.lists.list({ clientId: 'cut-off', limit: 9, now: Date.now() });
  expect(items).toEqual([]);
  const { complete, deleted } = await deleteAll(depsAt(Date.now), 'cut-off', Date.now() + 60_000);
  expect({ complete, ...deleted }).toMatchObject({ complete: true, record: 0, object: 1 });
  expect(await service.analyses.read(id)).toMatchObject({ status: 'deleted', purged: true });
  expect(await service.lists.listBuried('cut-off', 9)).toEqual([]);
});
