import { answerRequest, replyText, replyWith } from './generate.ts';
import type { Question } from './measured.ts';
import { createErrorInfo, createQuotaFailure, createRefusal, createRetryInfo } from './refusal.ts';
import {
  createCandidate,
  createJsonReply,
  createResponse,
  maxOutputTokensOf,
  type Reply,
} from './reply.ts';
import type { ParsedFault } from './script.ts';
import { countUsage } from './usage.ts';

/** What the call gets under this fault; faults of the connection get the right answer, to be spoilt on the way. */
export function replyUnderFault(fault: ParsedFault, request: Question): Reply {
  const answer = answerRequest(request);
  const text = JSON.stringify(answer);
  switch (fault.kind) {
    case 'status':
      return replyError(fault);
    case 'html':
      return { status: fault.status, contentType: 'text/html; charset=UTF-8', body: HTML_ERROR };
    case 'redirect':
      return { ...createJsonReply(307, {}), headers: { location: fault.location } };
    case 'huge':
      return spoil(replyWith(request, answer), { more: ' '.repeat(fault.bytes) });
    case 'typed':
      return spoil(replyWith(request, answer), { contentType: fault.contentType });
    case 'finish':
      return replyEnded(request, fault.finishReason, fault.text);
    case 'blocked':
      return replyWithoutCandidates(request, fault.blockReason);
    case 'no-candidates':
      return replyWithoutCandidates(request);
    case 'thinking-only':
      return replyThoughts(request);
    case 'cut':
      return replyText(request, text.slice(0, text.length / 2), { finishReason: 'MAX_TOKENS' });
    case 'broken-json':
      return replyText(request, `${text.slice(0, -1)}, "unfinished: }`);
    case 'wrong-schema':
      return replyWith(request, { unexpected: [true] });
    case 'extra-keys':
      return replyWith(request, { ...Object(answer), unexpected_key: 'nobody asked for this' });
    case 'answer':
      return replyWith(request, fault.answer, fault.modelVersion);
    case 'raw':
      return createJsonReply(200, fault.body ?? null);
    default:
      return replyWith(request, answer);
  }
}

function spoil(
  reply: Reply,
  { more = '', contentType = reply.contentType }: { more?: string; contentType?: string },
): Reply {
  return { ...reply, contentType, body: reply.body + more };
}

const HTML_ERROR =
  '<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> That’s an error.\n</html>\n';

function replyError(fault: Extract<ParsedFault, { kind: 'status' }>): Reply {
  const { status, reason, quotaId, retryDelaySeconds } = fault;
  const message =
    fault.message ??
    (retryDelaySeconds === undefined
      ? `Scripted ${status}.`
      : `Please retry in ${retryDelaySeconds}s.`);
  const refusal = createRefusal(status, message, [
    ...(reason === undefined ? [] : [createErrorInfo(reason)]),
    ...(quotaId === undefined ? [] : [createQuotaFailure(quotaId)]),
    ...(retryDelaySeconds === undefined ? [] : [createRetryInfo(retryDelaySeconds)]),
  ]);
  return createJsonReply(status, refusal.body);
}

/** Without text and out of tokens, thinking has eaten them all: googleapis/js-genai#686. */
function replyEnded(request: Question, finishReason: string, text?: string): Reply {
  const starved = finishReason === 'MAX_TOKENS' && text === undefined;
  const usage = countUsage(request, text ?? '', starved ? maxOutputTokensOf(request) : 0);
  return createJsonReply(
    200,
    createResponse(usage, { candidates: [createCandidate(text, finishReason)] }),
  );
}

function replyWithoutCandidates(request: Question, blockReason?: string): Reply {
  const { candidatesTokenCount, ...usage } = countUsage(request, '');
  const feedback = blockReason === undefined ? {} : { promptFeedback: { blockReason } };
  return createJsonReply(200, createResponse(usage, feedback));
}

const THOUGHTS = 'The picture has to be looked at first.';

function replyThoughts(request: Question): Reply {
  const candidate = createCandidate(undefined, 'STOP');
  candidate.content = { parts: [{ text: THOUGHTS, thought: true }], role: 'model' };
  return createJsonReply(
    200,
    createResponse(countUsage(request, '', 64), { candidates: [candidate] }),
  );
}
