import { createProblemError } from './problems.js';

/** Types that browsers don't tell from the name; the service looks into the bytes anyway. */
const TYPES = {
  heic: 'image/heic',
  heif: 'image/heif',
  avif: 'image/avif',
  tif: 'image/tiff',
  tiff: 'image/tiff',
};

/** What to ask `POST /v1/uploads` for; the checksum lets the service know a picture that it has had before. */
export async function describeFile(file, prompt) {
  const extension = file.name.split('.').pop()?.toLowerCase() ?? '';
  const sha256 = await hash(file);
  return {
    filename: file.name || 'pasted.png',
    contentType: file.type || TYPES[extension] || 'application/octet-stream',
    contentLength: file.size,
    ...(sha256 ? { sha256 } : {}),
    ...(prompt ? { prompt } : {}),
  };
}

/** Hex; undefined on a page that came over plain HTTP from another machine, where browsers have no hash. */
async function hash(file) {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Sends a file by the signed form that the service gave; `onProgress(sent, total)` in bytes. By
 * XMLHttpRequest, for fetch tells nothing of an upload's progress.
 */
export function sendFile({ url, fields }, file, { onProgress, signal }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // S3 ignores whatever follows the file.
  form.append('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onerror = () => reject(createProblemError({ code: 'network', detail: UNREACHABLE }));
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(createProblemError(readRefusal(request)));
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

const UNREACHABLE = 'The storage did not answer, or this page may not talk to it.';

/** S3 refuses in XML: `<Error><Code>EntityTooLarge</Code><Message>…`. */
function readRefusal({ responseText, status }) {
  const [, code = `status ${status}`] = /<Code>([^<]*)</.exec(responseText) ?? [];
  const [, message = ''] = /<Message>([^<]*)</.exec(responseText) ?? [];
  const known = code === 'EntityTooLarge' ? 'file_too_large' : 'upload_refused';
  return { code: known, detail: `${code}: ${message}` };
}
