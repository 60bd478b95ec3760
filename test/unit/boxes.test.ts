import { describe, expect, test } from 'vitest';
import { findBoxes } from '../../web/boxes.ts';

const PLACE = { x: 0.2, y: 0.1, width: 0.5, height: 0.25 };

describe('given the result of any analyzer', () => {
  test.each([
    ['an object with its box', { objects: [{ label: 'cat', box: PLACE }] }, 'objects', 'cat'],
    ['a list of boxes', { people: { count: 1, boxes: [PLACE] } }, 'people', 'person'],
    [
      'the four integers of a model, which an own schema keeps',
      { parts: [{ name: 'bolt', box_2d: [100, 200, 350, 700] }] },
      'parts',
      'bolt',
    ],
    ['a list of such', { bounding_boxes: [[100, 200, 350, 700]] }, 'bounding_boxes', 'box'],
  ])('when it holds %s, that is drawn', (_, result, group, label) => {
    expect(findBoxes(result)).toMatchObject([{ group, label, box: PLACE }]);
  });

  test('when it holds numbers that are no box, nothing is drawn', () => {
    const result = {
      box_2d: [500, 0, 100, 1000],
      boxes: [[1, 2, 3], [], 'none'],
      box: null,
      sizes: [1, 2, 3, 4],
    };
    expect(findBoxes(result)).toEqual([]);
  });
});
