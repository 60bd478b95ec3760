import * as z from 'zod';
import { shownShape } from '../../lib/analysis/fields.ts';
import { analysisRecord, STATUSES, summaryRecord } from '../../lib/analysis/record.ts';
import { MEDIA } from '../../lib/analysis/source.ts';
import { SCOPES } from '../../lib/auth/key-store.ts';
import { ERRORS } from '../../lib/errors.ts';
import { partChecksum } from '../../lib/requests/multipart.ts';

// What the API answers. The requests' schemas are those that the functions check by.

const time = z.iso.datetime().describe('UTC');
const id = z.string().describe('Opaque; sorts by the time of creation');
const [firstCode, ...otherCodes] = Object.keys(ERRORS);
const code = z.enum([firstCode ?? '', ...otherCodes]).describe('See docs/errors.md');

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code,
    retryable: z.boolean().describe('Whether the very same request may succeed later'),
    retryAfter: z.number().optional().describe('Seconds, as in the header'),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Which fields are not valid: `body.filename`, `query.limit`'),
    analysisId: id.optional().describe('Of the analysis that ended so'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const { source, analyzer, usage, tags, metadata, model, cached, stage } = summaryRecord.shape;
const { costUsd, estimated, thinking } = usage.def.innerType.shape;
const receipt = z
  .object({
    ...usage.def.innerType.shape,
    costUsd: costUsd.check(
      z.describe('Absent where the price of a model that answered is not known'),
    ),
    estimated: estimated.check(
      z.describe('True where some of it is bounded from above: the model did not say what it took'),
    ),
    thinking: thinking.check(
      z.describe('The level that was asked for: the analyzer’s, or the nearest that the model has'),
    ),
  })
  .meta({
    id: 'Usage',
    description: 'Of all calls of all tries, answers that were of no use included',
  });
const links = z.object({
  self: z.string(),
  picture: z
    .url()
    .optional()
    .describe(
      'What the model was shown, as JPEG; needs no key, and is good for ten minutes or more',
    ),
  thumbnail: z
    .url()
    .optional()
    .describe(
      'The same link. `#bytes=A-B` at its end: asked for by that `Range`, it is a small JPEG',
    ),
  file: z
    .url()
    .optional()
    .describe(
      'Of a video, a sound or a PDF that was analysed, not in lists: the file as it came; needs no key, and is good for an hour',
    ),
});
const shared = {
  id,
  status: z.enum(STATUSES),
  stage: stage.check(z.describe('While it is `processing`')),
  createdAt: time,
  updatedAt: time,
  completedAt: time.optional(),
  source: source.check(z.meta({ id: 'Source' })),
  analyzer,
  model,
  cached: cached.check(z.describe('Whether the model’s answer to the same bytes was used again')),
  usage: z.optional(receipt),
  error: z
    .object({
      code,
      message: z.string(),
      retryable: z.boolean(),
      resetsAt: time.optional().describe('Of a budget'),
    })
    .optional()
    .describe('Why it ended without a result; of one that is `queued`: of its last try'),
  tags,
  metadata,
  links,
};

export const analysis = z
  .object({
    ...shared,
    result: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'By the analyzer’s schema; for `describe`: caption, tags, scene, text, objects, people, moderation. What could not be told is null, a level `unrated`',
      ),
    stageMs: analysisRecord.shape.stageMs.check(
      z.describe('How long each stage of the last try took, in milliseconds'),
    ),
    safety: z.record(z.string(), z.unknown()).optional().describe('What was found and done'),
    ...shownShape,
  })
  .meta({ id: 'Analysis' });

const summary = z
  .object({ ...shared, caption: z.string().optional() })
  .meta({ id: 'AnalysisSummary', description: 'An analysis without `result` and `safety`' });

export const analysisList = z.object({
  data: z.array(summary),
  nextCursor: z.string().nullable().describe('For the next page; null at the end'),
});

const signedUpload = z
  .object({
    method: z.literal('POST'),
    url: z.url(),
    fields: z.record(z.string(), z.string()).describe('Go into a multipart form, `file` last'),
    expiresAt: time,
    maxBytes: z.int(),
  })
  .meta({ id: 'SignedUpload' });
const partedShape = {
  partSize: z.int().describe('Bytes of every part but the last'),
  partCount: z.int(),
  partChecksum: z.optional(partChecksum).describe('As it was announced'),
  expiresAt: time,
};
const partedUpload = z
  .object({
    method: z.literal('MULTIPART'),
    ...partedShape,
    maxBytes: z.int(),
    links: z.object({ parts: z.string(), complete: z.string() }),
  })
  .meta({ id: 'PartedUpload', description: 'Of a file over 100 MB' });
const self = z.object({ self: z.string() });

export const announcedUpload = z
  .object({
    id,
    status: z.literal('awaiting_upload'),
    upload: z.union([signedUpload, partedUpload]),
    links: self,
  })
  .meta({ id: 'AnnouncedUpload' });
export const knownUpload = z
  .object({
    id,
    status: z.literal('succeeded'),
    cached: z.literal(true),
    upload: z.null(),
    links: self,
  })
  .meta({ id: 'KnownUpload', description: 'These bytes had been analysed: nothing is to be sent' });

export const signedParts = z
  .object({
    parts: z.array(
      z.object({
        number: z.int(),
        method: z.literal('PUT'),
        url: z.url(),
        headers: z.record(z.string(), z.string()).describe('To be sent along'),
        bytes: z.int().describe('Exactly so many are taken'),
      }),
    ),
    expiresAt: time,
  })
  .meta({ id: 'SignedParts' });
export const storedParts = z
  .object({
    id,
    complete: z.boolean().describe('Whether the file is there: nothing is to be sent any more'),
    bytes: z.int().describe('Of the whole file'),
    ...partedShape,
    parts: z
      .array(z.object({ number: z.int(), etag: z.string(), bytes: z.int() }))
      .describe('Those that are there; all others are to be sent'),
  })
  .meta({ id: 'StoredParts' });
export const completedUpload = z.object({ id, links: self }).meta({ id: 'CompletedUpload' });

export const deletion = z
  .object({
    id,
    deleted: z.record(z.string(), z.int()).describe('What was removed, counted by store'),
  })
  .meta({ id: 'Deletion' });

export const dataDeletion = z.object({
  complete: z.boolean().describe('Where not: the same call goes on'),
  deleted: deletion.shape.deleted,
});

const media = z.array(z.enum(MEDIA)).describe('What kinds of files it takes');
const analyzerShape = { name: z.string(), version: z.int(), builtIn: z.boolean(), media };
const settings = {
  createdAt: time,
  prompt: z.string(),
  schema: z.record(z.string(), z.unknown()),
  models: z.array(z.string()).optional(),
  mediaResolution: z.enum(['low', 'medium', 'high']),
  thinking: z.enum(['minimal', 'low', 'medium', 'high']),
  maxOutputTokens: z.int(),
};
const builtInAnalyzer = z.object({
  ...analyzerShape,
  description: z.string(),
  options: z.record(z.string(), z.unknown()).optional().describe('A JSON Schema'),
});
export const ownAnalyzer = z.object({ ...analyzerShape, ...settings }).meta({ id: 'OwnAnalyzer' });
export const anyAnalyzer = z
  .object({ ...builtInAnalyzer.partial().shape, ...ownAnalyzer.partial().shape, ...analyzerShape })
  .meta({ id: 'Analyzer' });
export const analyzerList = z.object({
  data: z.array(
    z
      .object({ ...builtInAnalyzer.partial().shape, ...analyzerShape, updatedAt: time.optional() })
      .meta({ id: 'AnalyzerSummary' }),
  ),
});

export const token = z
  .object({
    token: z.string().describe('Shown this once'),
    scopes: z.array(z.enum(SCOPES)),
    maxUses: z.int(),
    expiresAt: time,
  })
  .meta({ id: 'Token' });

const sums = {
  analyses: z.record(z.string(), z.int()),
  calls: z.int(),
  inputTokens: z.int(),
  cachedTokens: z.int(),
  outputTokens: z.int(),
  thinkingTokens: z.int(),
  costUsd: z.number(),
  unconfirmedUsd: z.number().describe('Set aside by workers that died: it may have been spent'),
};
const spent = z.object({ limit: z.number().nullable(), used: z.number(), reserved: z.number() });
const period = z.object({ resetsAt: time, usd: spent, analyses: spent });
export const usageReport = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    days: z.array(z.object({ date: z.iso.date(), ...sums })),
    total: z.object(sums),
    budget: z.object({ day: period, month: period }),
  })
  .meta({ id: 'UsageReport' });

export const estimate = z
  .object({
    analyzer,
    model: z.string().describe('The one that is asked first'),
    inputTokens: z.number(),
    mediaTokens: z.number().describe('Of the input: the file'),
    maxOutputTokens: z.number().describe('The most that it writes, thinking included'),
    inputUsd: z.number().optional().describe('Absent where the price of the model is not known'),
    maxUsd: z.number().describe('The most that one call can cost: what is set aside for it'),
    limitUsd: z
      .number()
      .nullable()
      .describe('What one analysis may cost by the budget; null: as much as it does'),
    allowed: z.boolean().describe('Whether that is enough'),
  })
  .meta({ id: 'Estimate' });

const webhook = {
  id: z.string(),
  url: z.url(),
  createdAt: time,
  disabledAt: time.optional().describe('Since it has answered 410'),
};
const secret = z.string().describe('For the libraries of standardwebhooks.com');
export const newWebhook = z.object({ ...webhook, secret }).meta({ id: 'NewWebhook' });
export const webhookList = z.object({
  data: z.array(z.object(webhook)),
  callbacks: z.object({ secret }).describe('Of what is sent to a `callbackUrl`'),
});
export const webhookDeletion = z.object({ id: z.string(), deleted: z.literal(true) });
export const delivery = z
  .object({
    eventId: z.string(),
    status: z.enum(['waiting', 'delivered', 'failed']),
    type: z.string(),
    timestamp: time,
    analysisId: id,
    url: z.url(),
    updatedAt: time,
    attempts: z.array(
      z.object({
        at: time,
        status: z.int().optional().describe('What was answered'),
        failure: z.string().optional().describe('Why there was no answer'),
      }),
    ),
  })
  .meta({ id: 'Delivery' });
export const deliveryList = z.object({ data: z.array(delivery) });

export const health = z.object({ status: z.literal('healthy'), timestamp: time });
const state = z.record(z.string(), z.enum(['ok', 'unavailable']));
const modelEnd = z
  .object({
    model: z.string(),
    lastDay: z.iso.date().describe('UTC'),
    hasEnded: z.boolean(),
    successor: z.string().optional().describe('Google’s replacement for it'),
    message: z.string(),
  })
  .meta({ id: 'ModelEnd', description: 'A model of the stage whose last day is near, or over' });
export const readiness = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    dependencies: state,
    models: state,
    warnings: z.array(modelEnd).describe('From 60 days before a model’s last day on'),
  })
  .meta({ id: 'Readiness' });
export const openDocument = z.record(z.string(), z.unknown());
