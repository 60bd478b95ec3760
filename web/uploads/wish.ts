/** What is asked of a file beside the file. */
export interface Wish {
  prompt?: string;
  analyzer?: string;
  /** Of the analyzer. */
  options?: unknown;
  tags?: string[];
  /** Of videos and recordings, in seconds; and of documents. */
  clip?: { start?: number; end?: number; fps?: number };
  pages?: { first: number; last: number };
}
