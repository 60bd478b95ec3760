// The sha256 of a file, away from the page's own thread.

addEventListener('message', async ({ data }: MessageEvent<{ turn: number; file: Blob }>) => {
  const { turn, file } = data;
  try {
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    const bytes = [...new Uint8Array(digest)];
    postMessage({ turn, sha256: bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('') });
  } catch {
    postMessage({ turn }); // a file that cannot be read fails on its way, in plain words
  }
});
