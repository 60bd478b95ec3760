import { DESCRIBE_ANSWER } from './describe-answer.ts';

// What a real model answers to each built-in analyzer, in its own names and frames.

const quiet = { instructions_in_image: { found: false, note: '' } };
const calm = { level: 'none', reason: '' };
const span = (start: number, end: number) => ({ start, end });

/** A receipt's, and whatever else nests. */
export const NESTED_SCHEMA = {
  type: 'object',
  properties: {
    shop: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        address: {
          type: 'object',
          properties: { street: { type: 'string' }, postalCode: { type: ['string', 'null'] } },
          required: ['street', 'postalCode'],
        },
      },
      required: ['name', 'address'],
    },
    lines: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          price: { type: 'number' },
          extras: { type: 'array', items: { type: 'string' } },
        },
        required: ['name', 'price'],
      },
    },
    // Names of the built-in analyzers' results, in other shapes.
    categories: { type: 'array', items: { type: 'string' } },
    objects: { type: 'array', items: { type: 'string' } },
    tags: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, weight: { type: 'number' } },
        required: ['name', 'weight'],
      },
    },
    text: { type: 'array', items: { type: 'string' } },
    people: { type: 'integer' },
    isPaid: { type: 'boolean' },
    grid: { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
  },
  required: [
    ...['shop', 'lines', 'categories', 'objects', 'tags', 'text', 'people', 'isPaid', 'grid'],
  ],
};

export const LABELS = ['receipt', 'photo', 'screenshot'];

/** Which analyzer is asked of which kind of file, and what a model answers. */
export const MODEL_ANSWERS: {
  analyzer: string;
  medium: 'image' | 'document' | 'video' | 'audio';
  options?: object;
  answer: object;
}[] = [
  {
    analyzer: 'describe',
    medium: 'image',
    answer: {
      ...DESCRIBE_ANSWER,
      caption: 'Two astronauts stand before a rocket.',
      tags: ['rocket', 'astronaut', 'launch pad'],
      scene: 'A launch pad at dusk',
      text: 'EXIT 4\nNo entry',
      objects: [{ label: 'rocket', box_2d: [280, 470, 920, 545] }],
      people: {
        count: 2,
        places: [{ box_2d: [600, 100, 900, 200] }, { box_2d: [600, 250, 900, 350] }],
      },
      moderation: { ...DESCRIBE_ANSWER.moderation, weapons: 'low', selfHarm: 'unrated' },
    },
  },
  {
    analyzer: 'read-text',
    medium: 'image',
    answer: {
      ...quiet,
      languages: ['de', 'zh-Hant'],
      blocks: [
        { text: 'Guten Tag', kind: 'heading', box_2d: [100, 100, 200, 600] },
        { text: 'Bitte nicht\nbetreten', kind: 'paragraph', box_2d: [300, 100, 500, 600] },
      ],
    },
  },
  {
    analyzer: 'moderate',
    medium: 'image',
    answer: {
      ...quiet,
      categories: {
        sexual: calm,
        violence: { level: 'high', reason: 'blood on the floor' },
        hate: calm,
        harassment: calm,
        selfHarm: { level: 'low', reason: 'a scar' },
        drugs: calm,
        weapons: { level: 'medium', reason: 'a knife on the table' },
      },
    },
  },
  {
    analyzer: 'classify',
    medium: 'image',
    options: { labels: LABELS },
    answer: {
      ...quiet,
      label: 'photo',
      confidence: 'high',
      reason: 'natural light and depth',
      others: ['screenshot'],
    },
  },
  {
    analyzer: 'extract',
    medium: 'image',
    options: { schema: NESTED_SCHEMA },
    answer: {
      ...quiet,
      caption: 'A receipt of a tea house.',
      result: {
        shop: { name: 'Tea House', address: { street: '1 Long Road', postalCode: null } },
        lines: [
          { name: 'Tea', price: 3.5, extras: ['milk', 'sugar'] },
          { name: 'Cake', price: 4 },
        ],
        categories: ['food', 'drink'],
        objects: ['cup', 'saucer'],
        tags: [{ name: 'cosy', weight: 0.8 }],
        text: ['Thank you', 'Come again'],
        people: 3,
        isPaid: true,
        grid: [
          [1, 2],
          [3, 4],
        ],
      },
    },
  },
  {
    analyzer: 'describe-document',
    medium: 'document',
    answer: {
      ...quiet,
      caption: 'An invoice for garden chairs.',
      type: 'invoice',
      title: 'Invoice 2041',
      language: 'en',
      summary: 'A carpenter charges for four garden chairs. The sum is due within thirty days.',
      pages: [
        { page: 1, text: 'Invoice 2041\nFour garden chairs' },
        { page: 2, text: null },
      ],
      tables: [
        {
          page: 1,
          title: 'Items',
          columns: ['Item', 'Quantity', 'Price'],
          rows: [
            ['Garden chair', '4', '480.00'],
            ['Delivery', '1', '20.00'],
          ],
        },
      ],
      fields: [
        { page: 1, name: 'Invoice number', value: '2041' },
        { page: 1, name: 'Total', value: '500.00 EUR' },
      ],
    },
  },
  {
    analyzer: 'describe-video',
    medium: 'video',
    answer: {
      ...quiet,
      summary: 'A ball rolls over a table. Somebody catches it.',
      tags: ['ball', 'table'],
      languages: ['en'],
      chapters: [
        { ...span(0, 2), title: 'The ball rolls', summary: 'A red ball rolls from the left.' },
        { ...span(2, 4), title: 'The catch', summary: 'A hand catches it.' },
      ],
      objects: [{ label: 'ball', appearances: [span(0, 3)] }],
      people: { count: 2, appearances: [{ ...span(2, 4), count: 1 }] },
      speech: [{ ...span(1, 2), speaker: '1', text: 'Here it comes.' }],
      on_screen_text: [{ ...span(0, 1), text: 'TAKE 2' }],
      moderation: [
        { ...span(2, 3), category: 'selfHarm', level: 'low', reason: 'a bandaged wrist' },
      ],
    },
  },
  {
    analyzer: 'transcribe',
    medium: 'audio',
    answer: {
      ...quiet,
      summary: 'Somebody counts to two.',
      languages: ['en', 'pt-BR'],
      speakers: [
        { speaker: '1', description: 'the host' },
        { speaker: '2', description: 'a caller' },
      ],
      segments: [
        { ...span(0, 2), speaker: '1', text: 'One.' },
        { ...span(2, 4), speaker: '2', text: 'Two.' },
      ],
    },
  },
];
