import { handler } from '../../functions/create-upload.ts';

// An API process: `create-upload` as it is deployed, wired by its environment, in a process of its own. It is
// told how many requests to make at once, and answers with what became of each.

export interface Order {
  requests: number;
  key: string;
}

export interface Answered {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Epoch milliseconds. */
  from: number;
  to: number;
}

/** Requests under way at a time: as many as the SDK has connections for. */
const MAX_AT_ONCE = 50;

process.on('message', async ({ requests, key }: Order) => {
  const answers: Answered[] = [];
  let left = requests;
  const sendOn = async () => {
    while (left > 0) {
      left -= 1;
      answers.push(await send(key));
    }
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, sendOn));
  process.send?.(answers);
});
process.send?.('ready');

async function send(key: string): Promise<Answered> {
  const from = Date.now();
  const event = {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    requestContext: { requestId: 'r', timeEpoch: from, http: {} },
    body: JSON.stringify({ filename: 'a.jpg', contentType: 'image/jpeg' }),
  };
  // The casts: the chain reads no more of an event and a context than this.
  const context = { getRemainingTimeInMillis: () => 10_000 };
  const answer = (await handler(event as never, context as never)) as unknown as {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
  };
  const { statusCode: status, headers, body } = answer;
  return { status, headers, body, from, to: Date.now() };
}
