/** An answer of the model that the `describe` analyzer takes. */
export const DESCRIBE_ANSWER = {
  caption: 'A cat looks into the camera.',
  tags: ['cat', 'animal'],
  scene: 'indoors',
  text: '',
  objects: [{ label: 'cat', box_2d: [100, 200, 900, 800] }],
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
};
