/** A file in the store, read by ranges: nobody holds it whole but who asks for all of it. */
export interface MediaFile {
  /** Its size, by the store. */
  bytes: number;
  /** From `start` to before `end`; fewer where the file ends before it. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** @throws ServiceError `file_too_large` */
  readAll(maxBytes: number): Promise<Uint8Array>;
}
