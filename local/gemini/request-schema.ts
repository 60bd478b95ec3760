import * as z from 'zod';
import { findModel, whoAnswers } from '../../lib/gemini/models.ts';
import { createBadRequest, refuse } from './refusal.ts';
import { checkResponseSchema } from './response-schema.ts';

/** By `mediaResolution`: https://ai.google.dev/gemini-api/docs/media-resolution. The last is for parts only. */
const RESOLUTIONS = [
  'MEDIA_RESOLUTION_UNSPECIFIED',
  'MEDIA_RESOLUTION_LOW',
  'MEDIA_RESOLUTION_MEDIUM',
  'MEDIA_RESOLUTION_HIGH',
] as const;

const jsonSchema = z.record(z.string(), z.unknown());

/** A duration as protocol buffers write it. */
const duration = z.stringFormat('duration', /^\d+(\.\d{1,9})?s$/);

const part = z.strictObject({
  text: z.string().optional(),
  inlineData: z
    .strictObject({ mimeType: z.string(), data: z.string(), displayName: z.string().optional() })
    .optional(),
  fileData: z.strictObject({ mimeType: z.string().optional(), fileUri: z.string() }).optional(),
  videoMetadata: z
    .strictObject({
      startOffset: duration.optional(),
      endOffset: duration.optional(),
      fps: z.number().positive().max(24).optional(),
    })
    .optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  mediaResolution: z
    .strictObject({ level: z.enum([...RESOLUTIONS, 'MEDIA_RESOLUTION_ULTRA_HIGH']) })
    .optional(),
});

const content = z.strictObject({
  role: z.enum(['user', 'model']).optional(),
  parts: z.array(part),
});

const generationConfig = z.strictObject({
  candidateCount: z.int().optional(),
  stopSequences: z.array(z.string()).optional(),
  maxOutputTokens: z.int().positive().optional(),
  temperature: z.number().optional(),
  topP: z.number().optional(),
  topK: z.number().optional(),
  seed: z.int().optional(),
  presencePenalty: z.number().optional(),
  frequencyPenalty: z.number().optional(),
  responseMimeType: z.enum(['text/plain', 'application/json']).optional(),
  responseSchema: jsonSchema.optional(),
  responseJsonSchema: jsonSchema.optional(),
  responseModalities: z.array(z.enum(['TEXT'])).optional(),
  mediaResolution: z.enum(RESOLUTIONS).optional(),
  thinkingConfig: z
    .strictObject({
      thinkingLevel: z
        .stringFormat('thinking level', /^(minimal|low|medium|high|xhigh)$/i)
        .optional(),
      thinkingBudget: z.int().optional(),
      includeThoughts: z.boolean().optional(),
    })
    .optional(),
});

const safetySetting = z.strictObject({
  category: z.stringFormat('harm category', /^HARM_CATEGORY_[A-Z_]+$/),
  threshold: z.enum([
    'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
    'BLOCK_LOW_AND_ABOVE',
    'BLOCK_MEDIUM_AND_ABOVE',
    'BLOCK_ONLY_HIGH',
    'BLOCK_NONE',
    'OFF',
  ]),
});

const requestSchema = z.strictObject({
  model: z.string().optional(),
  contents: z.array(content),
  systemInstruction: content.optional(),
  safetySettings: z.array(safetySetting).optional(),
  generationConfig: generationConfig.optional(),
  serviceTier: z.stringFormat('service tier', /^(standard|flex|priority)$/i).optional(),
  store: z.boolean().optional(),
  tools: z.unknown().optional(),
  toolConfig: z.unknown().optional(),
  cachedContent: z.unknown().optional(),
});

export type GenerateRequest = z.infer<typeof requestSchema>;
export type Part = z.infer<typeof part>;

/** Parses and checks the body of a generateContent call; throws a refusal (400, 501) as Google words it. */
export function parseGenerateRequest(body: unknown, model: string): GenerateRequest {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) throw refuseFields(parsed.error.issues);
  const request = parsed.data;
  checkContents(request);
  checkGeneration(request, model);
  for (const field of ['tools', 'toolConfig', 'cachedContent'] as const) {
    if (request[field] !== undefined) throw refuse(501, `The stand-in does not do ${field}.`);
  }
  return request;
}

function checkContents({ contents }: GenerateRequest): void {
  if (contents.length === 0) {
    throw refuse(400, '* GenerateContentRequest.contents: contents is not specified\n');
  }
  for (const { parts } of contents) {
    const whole = parts.every((one) => countData(one) === 1);
    if (parts.length === 0 || !whole) {
      throw refuse(
        400,
        "* GenerateContentRequest.contents.parts: exactly one of the oneof field 'data' must be set\n",
      );
    }
  }
}

function countData({ text, inlineData, fileData }: Part): number {
  return [text, inlineData, fileData].filter((value) => value !== undefined).length;
}

/** Rules between fields, of which a schema cannot tell. */
function checkGeneration({ generationConfig: config }: GenerateRequest, model: string): void {
  if (config === undefined) return;
  const { responseSchema, responseJsonSchema, thinkingConfig: thinking } = config;
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw refuse(400, 'Only one of response_schema and response_json_schema may be set.');
  }
  const schema = responseJsonSchema ?? responseSchema;
  if (schema !== undefined) {
    if (config.responseMimeType !== 'application/json') {
      throw refuse(400, 'A response schema needs response_mime_type application/json.');
    }
    checkResponseSchema(schema);
  }
  if (thinking?.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) {
    throw refuse(400, 'You can only set only one of thinking budget and thinking level.');
  }
  checkLevels(config, model);
  const newest = model.startsWith('gemini-4');
  if (newest && thinking?.thinkingBudget !== undefined) {
    throw refuse(400, `Thinking budget is not supported for ${model}.`);
  }
  if ((config.candidateCount ?? 1) !== 1) {
    throw refuse(newest ? 400 : 501, 'Only one candidate can be asked for.');
  }
}

/** Each model has its own levels, in lib's table; Google's words are those of earendil-works/pi#9455. */
function checkLevels(
  { thinkingConfig, mediaResolution }: z.infer<typeof generationConfig>,
  model: string,
): void {
  const row = findModel(whoAnswers(model));
  const level = thinkingConfig?.thinkingLevel?.toUpperCase();
  if (row && level && !row.thinking.some((one) => one === level)) {
    throw refuse(
      400,
      `Thinking level ${level} is not supported for this model. Please retry with other thinking level.`,
    );
  }
  const isNone = mediaResolution === 'MEDIA_RESOLUTION_UNSPECIFIED';
  if (row && mediaResolution && !isNone && !row.resolutions.includes(mediaResolution)) {
    throw refuse(400, `Media resolution ${mediaResolution} is not supported for this model.`);
  }
}

function refuseFields(issues: readonly z.core.$ZodIssue[]): Error {
  const violations = issues.flatMap((issue) => describeIssue(issue));
  return refuse(400, violations.map(({ description }) => description).join('\n'), [
    createBadRequest(violations),
  ]);
}

function describeIssue(issue: z.core.$ZodIssue): { field: string; description: string }[] {
  const field = protoPath(issue.path);
  if (issue.code !== 'unrecognized_keys') {
    return [{ field, description: `Invalid value at '${field}': ${issue.message}` }];
  }
  return issue.keys.map((key) => {
    const where = field === '' ? '' : ` at '${field}'`;
    const description = `Invalid JSON payload received. Unknown name "${key}"${where}: Cannot find field.`;
    return { field, description };
  });
}

/** `contents[0].parts[1].inline_data`: Google names fields as its protocol buffers do. */
function protoPath(path: readonly PropertyKey[]): string {
  const named = path.map((step) =>
    typeof step === 'number'
      ? `[${step}]`
      : `.${String(step).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
  );
  return named.join('').replace(/^\./, '');
}
