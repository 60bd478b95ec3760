import type {
  Analysis,
  AnalysisSummary,
  Analyzer,
  AnalyzerSummary,
  AnnouncedUpload,
  CreateTokenBody,
  CreateUploadBody,
  Deletion,
  KnownUpload,
  ListAnalysesQuery,
  OwnAnalyzer,
  Problem,
  PutAnalyzerBody,
  Token,
  UsageReport,
} from './types.d.ts';

export type * from './types.d.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:3000`. */
  baseUrl: string | URL;
  /** A client's key or token, or what gives one. */
  key: string | (() => string | Promise<string>);
  fetch?: typeof fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface SendOptions extends CallOptions {
  /** Bytes of the form, or of a file that goes in parts, sent so far, and in all. */
  onProgress?(sent: number, total: number): void;
}

export interface AnnounceOptions
  extends CallOptions,
    Partial<Omit<CreateUploadBody, 'contentLength'>> {
  /** Ask the model anew, whatever is known of the same bytes. */
  fresh?: boolean;
}

export interface UploadOptions extends SendOptions, AnnounceOptions {}

export interface WaitOptions extends CallOptions {
  /** Each state that is seen, the last one too. */
  onChange?(analysis: Analysis): void;
}

/**
 * A limit (429), a service that is away for a moment, and a lost connection are waited for, as long as the
 * service says; a POST is sent again under one `Idempotency-Key`. Every other refusal is thrown.
 */
export interface Client {
  /** Announces a file and sends it; `id` is the analysis'. A File, or a Blob with `filename`. */
  upload(file: Blob, options?: UploadOptions): Promise<AnnouncedUpload | KnownUpload>;
  /** The first half of `upload`, for who keeps what is announced over a reload; `upload` is null for known bytes. */
  announce(file: Blob, options?: AnnounceOptions): Promise<AnnouncedUpload | KnownUpload>;
  /**
   * The second half. One over 100 MB goes in parts, and only those that are not there yet: abort it by its
   * signal to pause, and call it again with the same `upload` to go on, after a reload, too.
   */
  send(upload: AnnouncedUpload['upload'], file: Blob, options?: SendOptions): Promise<void>;
  /** The analysis, once it has ended: look at its `status`. */
  waitFor(id: string, options?: WaitOptions): Promise<Analysis>;
  get(id: string, options?: CallOptions): Promise<Analysis>;
  /** Newest first, page after page. */
  list(query?: Omit<ListAnalysesQuery, 'cursor'> & CallOptions): AsyncGenerator<AnalysisSummary>;
  delete(id: string, options?: CallOptions): Promise<Deletion>;
  /** Takes back an upload that has not come, and removes what has been sent of it. */
  cancel(id: string, options?: CallOptions): Promise<Deletion>;
  createToken(wish?: CreateTokenBody, options?: CallOptions): Promise<Token>;
  getUsage(query?: { from?: string; to?: string } & CallOptions): Promise<UsageReport>;
  listAnalyzers(options?: CallOptions): Promise<AnalyzerSummary[]>;
  /** `name`, or `name@version`. */
  getAnalyzer(name: string, options?: CallOptions): Promise<Analyzer>;
  putAnalyzer(
    name: string,
    definition: PutAnalyzerBody,
    options?: CallOptions,
  ): Promise<OwnAnalyzer>;
}

export function createClient(options: ClientOptions): Client;

/** A refusal of the service. */
export class SightlineError extends Error {
  readonly status: number;
  readonly code: Problem['code'] | undefined;
  readonly retryable: boolean;
  readonly problem: Partial<Problem>;
}
