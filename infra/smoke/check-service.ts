import { type Answer, type Call, createCall, type Target } from './api.ts';

interface Picture {
  filename: string;
  contentType: string;
  bytes: Uint8Array;
}

const ENDED = ['succeeded', 'failed', 'rejected'];
const WAIT_SECONDS = 20;
/** All tries of an analysis take longer; a smoke test that needs them has failed. */
const ANALYSIS_SECONDS = 120;

/**
 * One picture through the whole service: announced, sent to S3, analysed, looked up, deleted. Throws
 * with the step that failed; nothing of it stays behind in either case.
 */
export async function checkService(
  target: Target,
  picture: Picture,
  say: (line: string) => void,
): Promise<void> {
  const call = createCall(target);
  const step = async (name: string, check: () => Promise<string>) => {
    const began = performance.now();
    const seen = await check().catch((cause: unknown) => {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
    say(`${name.padEnd(9)} ${seen} (${Math.round(performance.now() - began)} ms)`);
  };
  await step('health', async () => expectStatus(await call('GET', '/health'), 200).status);
  await step('readiness', async () => expectStatus(await call('GET', '/health/ready'), 200).status);
  let announced: Answer['body'];
  await step('announce', async () => {
    announced = await announce(call, picture);
    return announced.id;
  });
  const { id, upload } = announced;
  try {
    await step('upload', () => sendPicture(upload, picture));
    await step('result', async () => describeEnd(await waitForEnd(call, id)));
  } catch (error) {
    await deleteAnalysis(call, id).catch(() => {}); // the first failure is the one to tell of
    throw error;
  }
  await step('deletion', () => deleteAnalysis(call, id));
}

async function announce(call: Call, { filename, contentType, bytes }: Picture) {
  const wanted = { filename, contentType, contentLength: bytes.length, tags: ['smoke-test'] };
  return expectStatus(await call('POST', '/v1/uploads', wanted), 201);
}

async function sendPicture(signed: Answer['body'], picture: Picture): Promise<string> {
  const { filename, contentType, bytes } = picture;
  const form = new FormData();
  for (const [name, value] of Object.entries(signed.fields)) form.append(name, String(value));
  form.append('file', new Blob([Uint8Array.from(bytes)], { type: contentType }), filename);
  const sent = await fetch(signed.url, { method: 'POST', body: form });
  if (!sent.ok) throw new Error(`S3 answered ${sent.status}: ${await sent.text()}`);
  return `${bytes.length} bytes`;
}

async function waitForEnd(call: Call, id: string): Promise<Answer['body']> {
  const until = Date.now() + ANALYSIS_SECONDS * 1000;
  let analysis: Answer['body'];
  do {
    const answer = await call('GET', `/v1/analyses/${id}?wait=${WAIT_SECONDS}`);
    analysis = expectStatus(answer, 200);
    if (ENDED.includes(analysis.status)) return analysis;
  } while (Date.now() < until);
  throw new Error(`still ${analysis.status} after ${ANALYSIS_SECONDS} s`);
}

function describeEnd({ status, error, result }: Answer['body']): string {
  if (status !== 'succeeded') throw new Error(`${status}, ${error?.code}: ${error?.message}`);
  if (!result?.caption) throw new Error('succeeded without a caption');
  return `${status}: ${result.caption}`;
}

async function deleteAnalysis(call: Call, id: string): Promise<string> {
  const { deleted } = expectStatus(await call('DELETE', `/v1/analyses/${id}`), 200);
  expectStatus(await call('GET', `/v1/analyses/${id}`), 404);
  return JSON.stringify(deleted);
}

function expectStatus({ status, body }: Answer, expected: number): Answer['body'] {
  if (status === expected) return body;
  throw new Error(`answered ${status} in place of ${expected}: ${JSON.stringify(body)}`);
}
