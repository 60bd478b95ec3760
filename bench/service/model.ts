import { createServer } from 'node:http';
import { listen } from '../../local/listen.ts';

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

/** Speaks generateContent, answers at once, and tells `onCall` how many bytes a request had. */
export async function startModel(onCall: (bytes: number) => void) {
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      onCall(bytes);
      response.writeHead(200, { 'content-type': 'application/json' }).end(REPLY);
    });
  });
  return listen(server, 0);
}
