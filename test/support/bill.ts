import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import { listen } from 'laptop-cloud/listen';
import type { TokenUsage } from '../../lib/gemini/response.ts';
import { costUsd } from '../../lib/gemini/tally.ts';

/** What Google would have billed: whole answers, used or not. */
export interface Bill extends TokenUsage {
  cachedTokens: number;
  /** Calls of `generateContent`, answered or not. */
  calls: number;
  usd: number;
}

/** In front of the model's stand-in: answers name the model that was asked, as Google's do, and are billed. */
export async function startBill(standIn: string) {
  const target = new URL(standIn);
  const bill: Bill = { calls: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, usd: 0 };

  function charge(model: string, body: Buffer): Buffer {
    const answer = parseAnswer(body);
    if (!answer) return body;
    const { usageMetadata: usage } = answer;
    const tokens = {
      inputTokens: usage.promptTokenCount ?? 0,
      cachedTokens: usage.cachedContentTokenCount ?? 0,
      outputTokens: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
    };
    bill.inputTokens += tokens.inputTokens;
    bill.cachedTokens += tokens.cachedTokens;
    bill.outputTokens += tokens.outputTokens;
    bill.usd += costUsd(model, tokens) ?? 0;
    return Buffer.from(JSON.stringify({ ...answer, modelVersion: model }));
  }

  const server = createServer((request, response) => {
    const model = /\/models\/([^/:]+):generateContent/.exec(request.url ?? '')?.[1];
    if (model) bill.calls += 1;
    const { method, url: path, headers } = request;
    const head = { host: target.hostname, port: target.port, method, path, headers };
    const forwarded = sendRequest(head, (answer) =>
      pass(answer, response, (body) => (model ? charge(model, body) : body)),
    );
    forwarded.on('error', () => request.socket.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  const listening = await listen(server, 0);
  return {
    url: listening.url,
    bill,
    async close() {
      listening.cut();
      await listening.close();
    },
  };
}

/** A whole answer may be changed; one that breaks off breaks off where it did. */
function pass(answer: IncomingMessage, response: ServerResponse, change: (body: Buffer) => Buffer) {
  const chunks: Buffer[] = [];
  const { statusCode = 502, rawHeaders } = answer;
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', () => {
    response
      .writeHead(statusCode, rawHeaders)
      .write(Buffer.concat(chunks), () => response.destroy());
  });
  answer.on('end', () => {
    if (response.destroyed) return; // whoever asked has gone
    const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
    response.writeHead(statusCode, headers).end(change(Buffer.concat(chunks)));
  });
}

interface Answer {
  usageMetadata: Record<string, number | undefined>;
}

/** Beyond this, in bytes, nobody reads an answer: what it cost, nobody can know. */
const MAX_BYTES = 4_000_000;

function parseAnswer(body: Buffer): Answer | undefined {
  if (body.length > MAX_BYTES) return undefined;
  try {
    const parsed: unknown = JSON.parse(String(body));
    const isBilled = typeof parsed === 'object' && parsed !== null && 'usageMetadata' in parsed;
    return isBilled ? (parsed as Answer) : undefined; // checked: it says what was used
  } catch {
    return undefined;
  }
}
