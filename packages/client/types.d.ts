// Made by `npm run docs:api` from the schemas that the service checks by.

export type Analysis = {
  /** Opaque; sorts by the time of creation */
  id: string;
  status:
    | 'awaiting_upload'
    | 'processing'
    | 'queued'
    | 'succeeded'
    | 'failed'
    | 'rejected'
    | 'expired';
  /** While it is `processing` */
  stage?: 'validating' | 'converting' | 'analyzing' | 'storing';
  /** UTC */
  createdAt: string;
  /** UTC */
  updatedAt: string;
  /** UTC */
  completedAt?: string;
  source: Source;
  analyzer: {
    name: string;
    version: number;
  };
  model?: string;
  /** Whether the model’s answer to the same bytes was used again */
  cached: boolean;
  usage?: Usage;
  /** Why it ended without a result; of one that is `queued`: of its last try */
  error?: {
    /** See docs/errors.md */
    code:
      | 'request_invalid'
      | 'file_missing'
      | 'unauthorized'
      | 'forbidden'
      | 'not_found'
      | 'analysis_not_found'
      | 'idempotency_conflict'
      | 'upload_expired'
      | 'file_too_large'
      | 'type_unsupported'
      | 'file_malformed'
      | 'file_too_complex'
      | 'checksum_mismatch'
      | 'content_blocked'
      | 'idempotency_mismatch'
      | 'rate_limited'
      | 'budget_exhausted'
      | 'internal'
      | 'unavailable'
      | 'model_auth_failed'
      | 'model_request_refused'
      | 'model_output_invalid'
      | 'model_unavailable'
      | 'model_rate_limited';
    message: string;
    retryable: boolean;
    /** Of a budget */
    resetsAt?: string;
  };
  tags: Array<string>;
  metadata: Record<string, string>;
  links: {
    self: string;
    /** What the model was shown, as JPEG; needs no key, and is good for ten minutes or more */
    picture?: string;
    /** The same link. `#bytes=A-B` at its end: asked for by that `Range`, it is a small JPEG */
    thumbnail?: string;
    /** Of a video, a sound or a PDF that was analysed, not in lists: the file as it came; needs no key, and is good for an hour */
    file?: string;
  };
  /** By the analyzer’s schema; for `describe`: caption, tags, scene, text, objects, people, moderation. What could not be told is null, a level `unrated` */
  result?: Record<string, unknown>;
  /** How long each stage of the last try took, in milliseconds */
  stageMs?: Record<string, number>;
  /** What was found and done */
  safety?: Record<string, unknown>;
};

/** An analysis without `result` and `safety` */
export type AnalysisSummary = {
  /** Opaque; sorts by the time of creation */
  id: string;
  status:
    | 'awaiting_upload'
    | 'processing'
    | 'queued'
    | 'succeeded'
    | 'failed'
    | 'rejected'
    | 'expired';
  /** While it is `processing` */
  stage?: 'validating' | 'converting' | 'analyzing' | 'storing';
  /** UTC */
  createdAt: string;
  /** UTC */
  updatedAt: string;
  /** UTC */
  completedAt?: string;
  source: Source;
  analyzer: {
    name: string;
    version: number;
  };
  model?: string;
  /** Whether the model’s answer to the same bytes was used again */
  cached: boolean;
  usage?: Usage;
  /** Why it ended without a result; of one that is `queued`: of its last try */
  error?: {
    /** See docs/errors.md */
    code:
      | 'request_invalid'
      | 'file_missing'
      | 'unauthorized'
      | 'forbidden'
      | 'not_found'
      | 'analysis_not_found'
      | 'idempotency_conflict'
      | 'upload_expired'
      | 'file_too_large'
      | 'type_unsupported'
      | 'file_malformed'
      | 'file_too_complex'
      | 'checksum_mismatch'
      | 'content_blocked'
      | 'idempotency_mismatch'
      | 'rate_limited'
      | 'budget_exhausted'
      | 'internal'
      | 'unavailable'
      | 'model_auth_failed'
      | 'model_request_refused'
      | 'model_output_invalid'
      | 'model_unavailable'
      | 'model_rate_limited';
    message: string;
    retryable: boolean;
    /** Of a budget */
    resetsAt?: string;
  };
  tags: Array<string>;
  metadata: Record<string, string>;
  links: {
    self: string;
    /** What the model was shown, as JPEG; needs no key, and is good for ten minutes or more */
    picture?: string;
    /** The same link. `#bytes=A-B` at its end: asked for by that `Range`, it is a small JPEG */
    thumbnail?: string;
    /** Of a video, a sound or a PDF that was analysed, not in lists: the file as it came; needs no key, and is good for an hour */
    file?: string;
  };
  caption?: string;
};

export type AnalyzeQuery = {
  fresh?: 'true' | 'false';
};

export type AnalyzeShortQuery = {
  fresh?: 'true' | 'false';
};

export type Analyzer = {
  name: string;
  version: number;
  builtIn: boolean;
  /** What kinds of files it takes */
  media: Array<'image' | 'video' | 'document' | 'audio'>;
  description?: string;
  /** A JSON Schema */
  options?: Record<string, unknown>;
  /** UTC */
  createdAt?: string;
  prompt?: string;
  schema?: Record<string, unknown>;
  models?: Array<string>;
  mediaResolution?: 'low' | 'medium' | 'high';
  thinking?: 'minimal' | 'low' | 'medium' | 'high';
  maxOutputTokens?: number;
};

export type AnalyzerSummary = {
  name: string;
  version: number;
  builtIn: boolean;
  /** What kinds of files it takes */
  media: Array<'image' | 'video' | 'document' | 'audio'>;
  description?: string;
  /** A JSON Schema */
  options?: Record<string, unknown>;
  /** UTC */
  updatedAt?: string;
};

export type AnnouncedUpload = {
  /** Opaque; sorts by the time of creation */
  id: string;
  status: 'awaiting_upload';
  upload: SignedUpload | PartedUpload;
  links: {
    self: string;
  };
};

export type CompleteUploadBody = {
  parts?: Array<{
    number: number;
    etag: string;
  }>;
};

export type CompletedUpload = {
  /** Opaque; sorts by the time of creation */
  id: string;
  links: {
    self: string;
  };
};

export type CreateEstimateBody = {
  source?: {
    mediaType: string;
    /** Of a document */
    pages?: number;
    /** Of a video or a recording */
    durationSeconds?: number;
    /** Of a video; left out: it has */
    hasSound?: boolean;
  };
  analysisId?: string;
  analyzer?: string;
  options?: unknown;
  clip?: {
    start?: number;
    end?: number;
    fps?: number;
  };
  pages?: {
    first: number;
    last: number;
  };
  prompt?: string;
};

export type CreateTokenBody = {
  scopes?: Array<'upload' | 'read' | 'delete'>;
  expiresInSeconds?: number;
  maxUses?: number;
};

export type CreateUploadBody = {
  filename: string;
  /** Of a picture, a video, audio or a PDF, or application/octet-stream; the bytes are what counts */
  contentType: string;
  contentLength?: number;
  sha256?: string;
  partChecksum?: 'sha256' | 'crc32';
  analyzer?: string;
  options?: unknown;
  clip?: {
    start?: number;
    end?: number;
    fps?: number;
  };
  pages?: {
    first: number;
    last: number;
  };
  maxUsd?: number;
  prompt?: string;
  callbackUrl?: string;
  keep?: Array<'capturedAt' | 'orientation'>;
  tags?: Array<string>;
  metadata?: Record<string, string>;
};

export type CreateUploadQuery = {
  fresh?: 'true' | 'false';
};

export type CreateWebhookBody = {
  url: string;
};

export type Deletion = {
  /** Opaque; sorts by the time of creation */
  id: string;
  /** What was removed, counted by store */
  deleted: Record<string, number>;
};

export type Delivery = {
  eventId: string;
  status: 'waiting' | 'delivered' | 'failed';
  type: string;
  /** UTC */
  timestamp: string;
  /** Opaque; sorts by the time of creation */
  analysisId: string;
  url: string;
  /** UTC */
  updatedAt: string;
  attempts: Array<{
    /** UTC */
    at: string;
    /** What was answered */
    status?: number;
    /** Why there was no answer */
    failure?: string;
  }>;
};

export type Estimate = {
  analyzer: {
    name: string;
    version: number;
  };
  /** The one that is asked first */
  model: string;
  inputTokens: number;
  /** Of the input: the file */
  mediaTokens: number;
  /** The most that it writes, thinking included */
  maxOutputTokens: number;
  /** Absent where the price of the model is not known */
  inputUsd?: number;
  /** The most that one call can cost: what is set aside for it */
  maxUsd: number;
  /** What one analysis may cost by the budget; null: as much as it does */
  limitUsd: number | null;
  /** Whether that is enough */
  allowed: boolean;
};

export type GetAnalysisQuery = {
  wait?: number;
};

export type GetAnalyzerQuery = {
  version?: number;
};

export type GetUsageQuery = {
  from?: string;
  to?: string;
};

/** These bytes had been analysed: nothing is to be sent */
export type KnownUpload = {
  /** Opaque; sorts by the time of creation */
  id: string;
  status: 'succeeded';
  cached: true;
  upload: null;
  links: {
    self: string;
  };
};

export type ListAnalysesQuery = {
  limit?: number;
  cursor?: string;
  status?:
    | 'awaiting_upload'
    | 'processing'
    | 'queued'
    | 'succeeded'
    | 'failed'
    | 'rejected'
    | 'expired';
  tag?: string;
  analyzer?: string;
  key?: string;
  from?: string | string;
  to?: string | string;
};

/** A model of the stage whose last day is near, or over */
export type ModelEnd = {
  model: string;
  /** UTC */
  lastDay: string;
  hasEnded: boolean;
  /** Google’s replacement for it */
  successor?: string;
  message: string;
};

export type NewWebhook = {
  id: string;
  url: string;
  /** UTC */
  createdAt: string;
  /** Since it has answered 410 */
  disabledAt?: string;
  /** For the libraries of standardwebhooks.com */
  secret: string;
};

export type OwnAnalyzer = {
  name: string;
  version: number;
  builtIn: boolean;
  /** What kinds of files it takes */
  media: Array<'image' | 'video' | 'document' | 'audio'>;
  /** UTC */
  createdAt: string;
  prompt: string;
  schema: Record<string, unknown>;
  models?: Array<string>;
  mediaResolution: 'low' | 'medium' | 'high';
  thinking: 'minimal' | 'low' | 'medium' | 'high';
  maxOutputTokens: number;
};

/** Of a file over 100 MB */
export type PartedUpload = {
  method: 'MULTIPART';
  /** Bytes of every part but the last */
  partSize: number;
  partCount: number;
  /** As it was announced */
  partChecksum?: 'sha256' | 'crc32';
  /** UTC */
  expiresAt: string;
  maxBytes: number;
  links: {
    parts: string;
    complete: string;
  };
};

/** RFC 9457 */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** See docs/errors.md */
  code:
    | 'request_invalid'
    | 'file_missing'
    | 'unauthorized'
    | 'forbidden'
    | 'not_found'
    | 'analysis_not_found'
    | 'idempotency_conflict'
    | 'upload_expired'
    | 'file_too_large'
    | 'type_unsupported'
    | 'file_malformed'
    | 'file_too_complex'
    | 'checksum_mismatch'
    | 'content_blocked'
    | 'idempotency_mismatch'
    | 'rate_limited'
    | 'budget_exhausted'
    | 'internal'
    | 'unavailable'
    | 'model_auth_failed'
    | 'model_request_refused'
    | 'model_output_invalid'
    | 'model_unavailable'
    | 'model_rate_limited';
  /** Whether the very same request may succeed later */
  retryable: boolean;
  /** Seconds, as in the header */
  retryAfter?: number;
  requestId: string;
  /** Which fields are not valid: `body.filename`, `query.limit` */
  errors?: Array<{
    path: string;
    message: string;
  }>;
  /** Of the analysis that ended so */
  analysisId?: string;
};

export type PutAnalyzerBody = {
  prompt: string;
  models?: Array<string>;
  mediaResolution?: 'low' | 'medium' | 'high';
  thinking?: 'minimal' | 'low' | 'medium' | 'high';
  maxOutputTokens?: number;
  /** A JSON Schema of the parts that docs/analyzers.md names */
  schema: Record<string, unknown>;
};

export type Readiness = {
  status: 'ready' | 'unavailable';
  dependencies: Record<string, 'ok' | 'unavailable'>;
  models: Record<string, 'ok' | 'unavailable'>;
  /** From 60 days before a model’s last day on */
  warnings: Array<ModelEnd>;
};

export type SignPartsBody = {
  parts: Array<{
    number: number;
    sha256?: string;
    crc32?: string;
  }>;
};

export type SignedParts = {
  parts: Array<{
    number: number;
    method: 'PUT';
    url: string;
    /** To be sent along */
    headers: Record<string, string>;
    /** Exactly so many are taken */
    bytes: number;
  }>;
  /** UTC */
  expiresAt: string;
};

export type SignedUpload = {
  method: 'POST';
  url: string;
  /** Go into a multipart form, `file` last */
  fields: Record<string, string>;
  /** UTC */
  expiresAt: string;
  maxBytes: number;
};

export type Source = {
  key: string;
  filename: string;
  declaredType?: string;
  mediaType?: string;
  bytes?: number;
  sha256?: string;
  width?: number;
  height?: number;
  pages?: number;
  page?: number;
  pageRange?: {
    first: number;
    last: number;
  };
  durationSeconds?: number;
  tracks?: Array<{
    kind: 'video' | 'audio';
    codec: string;
    width?: number;
    height?: number;
    rotation?: number;
    channels?: number;
    sampleRate?: number;
    language?: string;
  }>;
  capturedAt?: string;
  orientation?: number;
};

export type StoredParts = {
  /** Opaque; sorts by the time of creation */
  id: string;
  /** Whether the file is there: nothing is to be sent any more */
  complete: boolean;
  /** Of the whole file */
  bytes: number;
  /** Bytes of every part but the last */
  partSize: number;
  partCount: number;
  /** As it was announced */
  partChecksum?: 'sha256' | 'crc32';
  /** UTC */
  expiresAt: string;
  /** Those that are there; all others are to be sent */
  parts: Array<{
    number: number;
    etag: string;
    bytes: number;
  }>;
};

export type Token = {
  /** Shown this once */
  token: string;
  scopes: Array<'upload' | 'read' | 'delete' | 'admin'>;
  maxUses: number;
  /** UTC */
  expiresAt: string;
};

/** Of all calls of all tries, answers that were of no use included */
export type Usage = {
  inputTokens: number;
  cachedTokens?: number;
  outputTokens: number;
  thinkingTokens?: number;
  totalTokens: number;
  /** Absent where the price of a model that answered is not known */
  costUsd?: number;
  /** True where some of it is bounded from above: the model did not say what it took */
  estimated?: boolean;
  /** The level that was asked for: the analyzer’s, or the nearest that the model has */
  thinking?: string;
  attempts?: number;
  calls?: number;
  latencyMs?: number;
};

export type UsageReport = {
  from: string;
  to: string;
  days: Array<{
    date: string;
    analyses: Record<string, number>;
    calls: number;
    inputTokens: number;
    cachedTokens: number;
    outputTokens: number;
    thinkingTokens: number;
    costUsd: number;
    /** Set aside by workers that died: it may have been spent */
    unconfirmedUsd: number;
  }>;
  total: {
    analyses: Record<string, number>;
    calls: number;
    inputTokens: number;
    cachedTokens: number;
    outputTokens: number;
    thinkingTokens: number;
    costUsd: number;
    /** Set aside by workers that died: it may have been spent */
    unconfirmedUsd: number;
  };
  budget: {
    day: {
      /** UTC */
      resetsAt: string;
      usd: {
        limit: number | null;
        used: number;
        reserved: number;
      };
      analyses: {
        limit: number | null;
        used: number;
        reserved: number;
      };
    };
    month: {
      /** UTC */
      resetsAt: string;
      usd: {
        limit: number | null;
        used: number;
        reserved: number;
      };
      analyses: {
        limit: number | null;
        used: number;
        reserved: number;
      };
    };
  };
};
