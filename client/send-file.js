/**
 * Sends a file by a signed form; `onProgress(sent, total)` in bytes. Not by fetch, which tells nothing of an
 * upload's progress: by XMLHttpRequest in a browser, and by Node's own HTTP elsewhere.
 */
export function sendFile({ url, fields }, file, { onProgress = () => {}, signal } = {}) {
  signal?.throwIfAborted();
  return globalThis.XMLHttpRequest
    ? sendByBrowser(url, fields, file, onProgress, signal)
    : sendByNode(url, fields, file, onProgress, signal);
}

function sendByBrowser(url, fields, file, onProgress, signal) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(describeRefusal(request.status, request.responseText));
    };
    request.onerror = () => reject(new TypeError('The storage cannot be reached.'));
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.open('POST', url);
    request.send(form);
  });
}

async function sendByNode(url, fields, file, onProgress, signal) {
  const boundary = `sightline-${crypto.randomUUID()}`;
  const { head, tail } = frame(boundary, fields, file);
  const total = head.length + file.size + tail.length;
  const { request: open } = process.getBuiltinModule(new URL(url).protocol.replace(':', ''));
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': total, // S3 takes no body of unknown length
  };
  const request = open(url, { method: 'POST', headers, signal });
  const answered = new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  answered.catch(() => {}); // told below, also when it comes first
  let sent = 0;
  const write = async (bytes) => {
    const isTaken = request.write(bytes);
    if (!isTaken)
      await new Promise((resolve) => request.once('drain', resolve).once('close', resolve));
    sent += bytes.length;
    onProgress(sent, total);
  };
  await write(head);
  for await (const bytes of file.stream()) {
    if (request.destroyed) break; // refused before it was all there
    await write(bytes);
  }
  if (!request.destroyed) await write(tail);
  request.end();
  const response = await answered;
  let text = '';
  for await (const bytes of response) text += bytes;
  if (response.statusCode >= 300) throw describeRefusal(response.statusCode, text);
}

function frame(boundary, fields, file) {
  const encode = (text) => new TextEncoder().encode(text);
  const name = encodeURIComponent(file.name ?? 'file');
  const parts = Object.entries(fields).map(
    ([field, value]) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  const last = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  return { head: encode(parts.join('') + last), tail: encode(`\r\n--${boundary}--\r\n`) };
}

/** S3 answers in XML: `<Error><Code>EntityTooLarge</Code><Message>…`. */
function describeRefusal(status, text) {
  const [, code = `status ${status}`] = /<Code>([^<]*)</.exec(text) ?? [];
  const [, message = ''] = /<Message>([^<]*)</.exec(text) ?? [];
  return Object.assign(new Error(`The storage refused the file: ${code}: ${message}`), {
    code: code === 'EntityTooLarge' ? 'file_too_large' : 'upload_refused',
    status,
  });
}
