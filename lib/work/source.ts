import type { AnalysisRecord, Source } from '../analysis.ts';
import type { PictureFacts } from '../media/image/inspect.ts';

/** What is told of the file once its header was read; of its EXIF only what the client asked to keep. */
export function describePicture(
  { source, keep = [] }: AnalysisRecord,
  facts: PictureFacts,
): Source {
  const { mediaType, width, height, frames, page, capturedAt, orientation } = facts;
  return {
    ...source,
    mediaType,
    width,
    height,
    ...(frames > 1 && { pages: frames, page }),
    ...(keep.includes('capturedAt') && { capturedAt }),
    ...(keep.includes('orientation') && { orientation }),
  };
}
