import { ServiceError } from '../../lib/errors.ts';
import { inspectContainer as inspectAs } from '../../lib/media/container/container.ts';
import { detectMediaType, SIGNATURE_BYTES } from '../../lib/media/detect.ts';
import { isContainerType } from '../../lib/media/media-types.ts';
import type { MediaFile } from '../../lib/media/medium.ts';

/** What is in a video or a recording, by the type that its bytes show. */
export async function inspectContainer(file: MediaFile) {
  const type = detectMediaType(await file.read(0, SIGNATURE_BYTES));
  if (!isContainerType(type)) throw new ServiceError('type_unsupported');
  return inspectAs(file, type);
}
