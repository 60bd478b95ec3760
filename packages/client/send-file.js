import { transmit } from './transmit.js';

/** Sends a file by a signed form; `onProgress(sent, total)` in bytes. */
export async function sendFile({ url, fields }, file, { onProgress = () => {}, signal } = {}) {
  const request = globalThis.XMLHttpRequest ? writeForm(fields, file) : frameForm(fields, file);
  await transmit({ method: 'POST', url, ...request }, { onProgress, signal });
}

function writeForm(fields, file) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', file);
  return { body };
}

/** The same as bytes: Node's own HTTP knows no forms. */
function frameForm(fields, file) {
  const boundary = `sightline-${crypto.randomUUID()}`;
  const name = encodeURIComponent(file.name ?? 'file');
  const parts = Object.entries(fields).map(
    ([field, value]) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  const last = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  const body = new Blob([parts.join(''), last, file, `\r\n--${boundary}--\r\n`]);
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}
