import { createServer } from 'node:http';
import { listen } from 'laptop-cloud/listen';

export const MODEL = 'gemini-3.8-flash';
/** A model that knows its answer: what is measured is not the model. */
export const ANSWER = {
  caption: 'A picture.',
  tags: ['picture'],
  scene: 'indoors',
  text: '',
  objects: [],
  people: { count: 0, places: [] },
  moderation: {
    sexual: 'none',
    violence: 'none',
    hate: 'none',
    harassment: 'none',
    selfHarm: 'none',
    drugs: 'none',
    weapons: 'none',
  },
  instructions_in_image: { found: false, note: '' },
  answer: 'A picture.', // each is put with a prompt
};

const REPLY = JSON.stringify({
  candidates: [
    {
      content: { role: 'model', parts: [{ text: JSON.stringify(ANSWER) }] },
      finishReason: 'STOP',
    },
  ],
  usageMetadata: { promptTokenCount: 1_200, candidatesTokenCount: 100, totalTokenCount: 1_300 },
  modelVersion: MODEL,
});

/** Speaks generateContent, answers at once, and tells `onCall` how many bytes the picture in a request has. */
export async function startModel(onCall: (pictureBytes: number) => void) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      onCall(countPictureBytes(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/json' }).end(REPLY);
    });
  });
  return listen(server, 0);
}

/** Of the base64 in `inlineData`, without making anything of it. */
function countPictureBytes(body: Buffer): number {
  const name = '"data"';
  const start = body.indexOf('"', body.indexOf(name) + name.length) + 1;
  return Buffer.byteLength(body.toString('latin1', start, body.indexOf('"', start)), 'base64');
}
