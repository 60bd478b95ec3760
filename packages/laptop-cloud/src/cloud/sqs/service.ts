import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  type AwsRequest,
  type AwsService,
  awsError,
  describeFailure,
  readAwsJson,
  sendAwsJson,
  unknownOperation,
} from '../aws-service.ts';
import { queryCode } from './errors.ts';
import { MESSAGE_OPERATIONS } from './message-operations.ts';
import type { Call } from './operation-input.ts';
import { readQuery, renderError, renderResult } from './query-protocol.ts';
import { QUEUE_OPERATIONS } from './queue-operations.ts';
import type { Queues } from './queues.ts';

const OPERATIONS = new Map(Object.entries({ ...QUEUE_OPERATIONS, ...MESSAGE_OPERATIONS }));

/** SQS over HTTP, in AWS JSON 1.0 (current SDKs) and in the older Query protocol (botocore before 1.31). */
export function createSqsService(queues: Queues): AwsService {
  return {
    async handle(request, response) {
      const requestId = randomUUID();
      response.setHeader('x-amzn-requestid', requestId);
      const hangUp = new AbortController();
      response.once('close', () => hangUp.abort());
      const call = { queues, signal: hangUp.signal };
      if (request.headers['x-amz-target']) await answerJson(request, response, call);
      else await answerQuery(request, response, call, requestId);
    },
  };
}

async function answerJson(request: AwsRequest, response: ServerResponse, call: Call) {
  try {
    const { operation, input } = readAwsJson(request, 'AmazonSQS');
    const run = OPERATIONS.get(operation);
    if (!run) throw unknownOperation(operation);
    sendAwsJson(response, '1.0', 200, await run(input, call));
  } catch (error) {
    const { code, message, status } = describeFailure(error);
    const fault = status < 500 ? 'Sender' : 'Receiver';
    response.setHeader('x-amzn-query-error', `${queryCode(code)};${fault}`);
    sendAwsJson(response, '1.0', status, { __type: `com.amazonaws.sqs#${code}`, message });
  }
}

async function answerQuery(
  request: AwsRequest,
  response: ServerResponse,
  call: Call,
  requestId: string,
) {
  response.setHeader('content-type', 'text/xml');
  try {
    const { operation, input } = readQuery(request);
    const run = OPERATIONS.get(operation);
    if (!run) {
      throw awsError('InvalidAction', `The action ${operation} is not valid for this endpoint.`);
    }
    const output = Object((await run(input, call)) ?? {});
    response.end(renderResult(operation, output, requestId));
  } catch (error) {
    const failure = describeFailure(error);
    response.statusCode = failure.status;
    response.end(renderError({ ...failure, code: queryCode(failure.code) }, requestId));
  }
}
