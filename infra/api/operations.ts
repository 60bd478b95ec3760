import * as z from 'zod';
import type { ErrorCode } from '../../lib/errors.ts';
import { formFields } from '../../lib/requests/form.ts';
import * as schemas from './schemas.ts';

/** What a route's function does not say of itself: words, answers, and the errors of its own. */
export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  /** By status. Undefined: without a body. */
  answers: Record<number, { description: string; schema?: z.core.$ZodType; headers?: string[] }>;
  /** Beside those that every call may meet: a bad request, a key that is not let in, a limit. */
  errors?: ErrorCode[];
  /** An example of the body. */
  example?: object;
  /** A body that is no JSON. */
  form?: z.core.$ZodType;
}

const { filename: _, contentType: __, ...fields } = formFields.shape;
const analyzeForm = z.object({
  ...fields,
  file: z.string().meta({ format: 'binary' }).describe('The picture, up to 4 MB'),
  options: z.string().optional().describe('JSON: what the analyzer needs to be told'),
  keep: z.string().optional().describe('What of its EXIF may be told, by commas'),
});

const ENDS: ErrorCode[] = [
  'file_too_large',
  'type_unsupported',
  'file_malformed',
  'file_too_complex',
  'checksum_mismatch',
  'content_blocked',
  'model_auth_failed',
  'model_request_refused',
  'model_output_invalid',
  'model_unavailable',
  'model_rate_limited',
];
const analyze: Omit<Operation, 'operationId'> = {
  summary: 'Send a picture and wait for its analysis',
  description:
    'It goes the same way as every other file. What was rejected or failed is answered by the problem of its code, with `analysisId`.',
  answers: {
    200: { description: 'It succeeded', schema: schemas.analysis },
    202: { description: 'Not done in 25 s', schema: schemas.analysis, headers: ['Location'] },
  },
  errors: ['file_missing', 'analysis_not_found', 'budget_exhausted', ...ENDS],
  form: analyzeForm,
};

/** By route, as in serverless.yml. */
export const OPERATIONS: Record<string, Operation> = {
  'POST /v1/uploads': {
    operationId: 'createUpload',
    summary: 'Announce a file, and get a signed form to send it by',
    description:
      'The form fixes key, content type and size. The file goes straight to the storage, and is analysed as soon as it is there. One whose `contentLength` is over 100 MB goes in parts.',
    answers: {
      201: { description: 'A signed form, or how to cut it', schema: schemas.announcedUpload },
      200: {
        description: 'Known by its sha256: the analysis is there already',
        schema: schemas.knownUpload,
      },
    },
    errors: ['type_unsupported', 'file_too_large', 'budget_exhausted'],
    example: { filename: 'rocket.jpg', contentType: 'image/jpeg', prompt: 'What stands there?' },
  },
  'POST /v1/uploads/{id}/parts': {
    operationId: 'signParts',
    summary: 'Sign parts of a large file, to be sent by PUT',
    description:
      'Ask for them as you send them, up to 100 at once, and again for one that has to be sent again. Each is good for an hour.',
    answers: { 200: { description: 'In the order asked for', schema: schemas.signedParts } },
    errors: ['analysis_not_found', 'upload_expired'],
    example: { parts: [{ number: 1 }, { number: 2 }] },
  },
  'GET /v1/uploads/{id}/parts': {
    operationId: 'listParts',
    summary: 'Which parts are there, to go on where an upload was left',
    answers: { 200: { description: 'As it is now', schema: schemas.storedParts } },
    errors: ['request_invalid', 'analysis_not_found', 'upload_expired'],
  },
  'POST /v1/uploads/{id}/complete': {
    operationId: 'completeUpload',
    summary: 'Make the file of its parts, and have it analysed',
    description:
      'Once all parts are there. With `parts`, each has to be the one with that ETag. Called again, it answers the same.',
    answers: { 200: { description: 'The file is there', schema: schemas.completedUpload } },
    errors: ['analysis_not_found', 'upload_expired'],
  },
  'DELETE /v1/uploads/{id}': {
    operationId: 'cancelUpload',
    summary: 'Take back an upload that has not come, with the parts that have',
    description:
      'What comes later all the same is removed. An analysis is deleted under its own path.',
    answers: { 200: { description: 'What was removed', schema: schemas.deletion } },
    errors: ['request_invalid', 'analysis_not_found'],
  },
  'GET /v1/analyses/{id}': {
    operationId: 'getAnalysis',
    summary: 'Look an analysis up, or wait for its end',
    description:
      'With `wait` it answers as soon as the analysis has ended; together with `If-None-Match` as soon as anything in it has changed.',
    answers: {
      200: { description: 'As it is now', schema: schemas.analysis, headers: ['ETag'] },
      304: { description: 'Nothing has changed', headers: ['ETag'] },
    },
    errors: ['analysis_not_found'],
  },
  'GET /v1/analyses': {
    operationId: 'listAnalyses',
    summary: 'List analyses, newest first',
    answers: { 200: { description: 'A page', schema: schemas.analysisList } },
  },
  'DELETE /v1/analyses/{id}': {
    operationId: 'deleteAnalysis',
    summary: 'Delete an analysis and its file, whatever is under way',
    answers: { 200: { description: 'What was removed', schema: schemas.deletion } },
    errors: ['analysis_not_found'],
  },
  'DELETE /v1/clients/me/data': {
    operationId: 'deleteData',
    summary: 'Delete all that you have here',
    answers: {
      200: { description: 'Nothing is left', schema: schemas.dataDeletion },
      202: { description: 'There is more: call again', schema: schemas.dataDeletion },
    },
  },
  'POST /v1/analyze': { operationId: 'analyze', ...analyze },
  'POST /analyze': { operationId: 'analyzeShort', ...analyze },
  'GET /v1/usage': {
    operationId: 'getUsage',
    summary: 'What was used on which day, and what the budget leaves',
    answers: { 200: { description: 'Days of UTC', schema: schemas.usageReport } },
  },
  'POST /v1/estimates': {
    operationId: 'createEstimate',
    summary: 'What an analysis would cost, without asking a model',
    description:
      'Of a file that is told of, or of one that was uploaded and looked at; docs/budgets.md tells how tokens are counted.',
    answers: { 200: { description: 'The price', schema: schemas.estimate } },
    errors: ['analysis_not_found', 'type_unsupported'],
    example: { source: { mediaType: 'application/pdf', pages: 30 } },
  },
  'POST /v1/webhooks': {
    operationId: 'createWebhook',
    summary: 'Be told of the end of every analysis',
    description: 'Standard Webhooks, tried for a day; docs/webhooks.md tells how to check them.',
    answers: { 201: { description: 'The endpoint', schema: schemas.newWebhook } },
    example: { url: 'https://example.com/hooks/sightline' },
  },
  'GET /v1/webhooks': {
    operationId: 'listWebhooks',
    summary: 'Your endpoints, and what callbacks are signed with',
    answers: { 200: { description: 'All of them', schema: schemas.webhookList } },
  },
  'DELETE /v1/webhooks/{id}': {
    operationId: 'deleteWebhook',
    summary: 'Be told no more',
    answers: { 200: { description: 'It is gone', schema: schemas.webhookDeletion } },
    errors: ['not_found'],
  },
  'GET /v1/webhooks/{id}/deliveries': {
    operationId: 'listDeliveries',
    summary: 'What became of the newest events; `callback` for those of callbacks',
    answers: { 200: { description: 'Newest first', schema: schemas.deliveryList } },
    errors: ['not_found'],
  },
  'POST /v1/webhooks/{id}/deliveries/{eventId}/replay': {
    operationId: 'replayDelivery',
    summary: 'Send an event once more',
    answers: { 202: { description: 'As it was until now', schema: schemas.delivery } },
    errors: ['not_found'],
  },
  'PUT /v1/analyzers/{name}': {
    operationId: 'putAnalyzer',
    summary: 'Make the next version of an analyzer of your own',
    answers: {
      201: { description: 'A new version', schema: schemas.ownAnalyzer, headers: ['Location'] },
      200: {
        description: 'The same as before: no new version',
        schema: schemas.ownAnalyzer,
        headers: ['Location'],
      },
    },
    example: {
      prompt: 'Read the price tag.',
      schema: {
        type: 'object',
        properties: { price: { type: 'number' }, currency: { type: 'string' } },
        required: ['price'],
      },
    },
  },
  'GET /v1/analyzers/{name}': {
    operationId: 'getAnalyzer',
    summary: 'One analyzer: `name`, or `name@version`',
    answers: { 200: { description: 'As it is used', schema: schemas.anyAnalyzer } },
    errors: ['not_found'],
  },
  'GET /v1/analyzers': {
    operationId: 'listAnalyzers',
    summary: 'All analyzers: built in, and your own',
    answers: { 200: { description: 'Newest versions', schema: schemas.analyzerList } },
  },
  'POST /v1/tokens': {
    operationId: 'createToken',
    summary: 'A short-lived token for a browser or a phone',
    answers: { 201: { description: 'The token', schema: schemas.token } },
    example: { scopes: ['upload', 'read'], expiresInSeconds: 900, maxUses: 20 },
  },
  'GET /health': {
    operationId: 'getHealth',
    summary: 'Does the API answer?',
    answers: { 200: { description: 'It does', schema: schemas.health } },
  },
  'GET /health/ready': {
    operationId: 'getReadiness',
    summary: 'Does everything behind the API answer?',
    answers: {
      200: { description: 'It does', schema: schemas.readiness },
      503: { description: 'Something does not', schema: schemas.readiness },
    },
  },
  'GET /openapi.json': {
    operationId: 'getOpenApi',
    summary: 'This description',
    answers: { 200: { description: 'OpenAPI 3.1', schema: schemas.openDocument } },
  },
};
