import { releaseBytes } from '../../release-bytes.ts';
import type { Source } from '../../source.ts';
import type { MediaFacts, MediaOptions, Medium } from '../medium.ts';
import { convertPicture } from './convert.ts';
import { inspectPicture, type PictureFacts } from './inspect.ts';

/** Pictures are held whole, decoded, and leave as a fresh JPEG. */
export const image: Medium<PictureFacts & MediaFacts> = {
  name: 'image',
  async inspect(file, limits, options) {
    const bytes = await file.readAll(limits.image.maxBytes);
    const facts = await inspectPicture(bytes, limits.image);
    return { ...facts, source: describePicture(facts, options) };
  },
  async prepare(file, facts) {
    const bytes = await file.readAll(file.bytes);
    const { jpeg, thumbnail } = await convertPicture(bytes, facts);
    releaseBytes(bytes); // of a file that is made anew, nothing is read after this
    return { mediaType: 'image/jpeg', bytes: jpeg, thumbnail };
  },
};

/** What is told of a picture; of its EXIF only what the client asked to keep. */
function describePicture(facts: PictureFacts, { keep = [] }: MediaOptions): Partial<Source> {
  const { width, height, frames, page, capturedAt, orientation } = facts;
  return {
    width,
    height,
    ...(frames > 1 && { pages: frames, page }),
    ...(keep.includes('capturedAt') && { capturedAt }),
    ...(keep.includes('orientation') && { orientation }),
  };
}
