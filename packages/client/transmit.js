/**
 * Sends a body and tells how far it is: `onProgress(sent, total)` in bytes. Not by fetch, which tells nothing of
 * that: by XMLHttpRequest in a browser, and by Node's own HTTP elsewhere. Rejects with what the storage says.
 */
export async function transmit({ method, url, headers = {}, body }, { onProgress, signal }) {
  signal?.throwIfAborted();
  const send = globalThis.XMLHttpRequest ? transmitByBrowser : transmitByNode;
  const { status, text } = await send({ method, url, headers, body }, onProgress, signal);
  if (status >= 300) throw describeRefusal(status, text);
}

function transmitByBrowser({ method, url, headers, body }, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = () => reject(new TypeError('The storage cannot be reached.'));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop, { once: true });
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}

async function transmitByNode({ method, url, headers, body }, onProgress, signal) {
  const { request: open } = process.getBuiltinModule(new URL(url).protocol.replace(':', ''));
  const sized = { ...headers, 'content-length': body.size }; // S3 takes no body of unknown length
  const request = open(url, { method, headers: sized, signal });
  const answered = new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  answered.catch(() => {}); // told below, also when it comes first
  let sent = 0;
  for await (const bytes of body.stream()) {
    if (request.destroyed) break; // refused before it was all there
    if (!request.write(bytes)) await untilTaken(request);
    sent += bytes.length;
    onProgress(sent, body.size);
  }
  request.end();
  const response = await answered;
  let text = '';
  for await (const bytes of response) text += bytes;
  return { status: response.statusCode, text };
}

/** Or until there is nobody to take it any more. */
function untilTaken(request) {
  return new Promise((resolve) => {
    const settle = () => {
      request.off('drain', settle).off('close', settle);
      resolve();
    };
    request.on('drain', settle).on('close', settle);
    if (request.destroyed) settle(); // its `close` may have been
  });
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
