import { describe, expect, test } from 'vitest';
import { describeVideo } from '../../../lib/analyzers/describe-video.ts';
import { transcribe } from '../../../lib/analyzers/transcribe.ts';

const span = { start: 0, end: 4 };
const instructions_in_image = { found: false, note: '' };
const none = { summary: 'A test.', languages: [], instructions_in_image };
const video = {
  ...none,
  tags: ['Test', 'test'],
  chapters: [{ ...span, title: 'All', summary: 'All of it.' }],
  objects: [{ label: 'ball', appearances: [span, { start: 900, end: 901 }] }],
  people: { count: 1, appearances: [{ ...span, count: 1 }] },
  speech: [{ start: 1.239, end: 2, speaker: '1', text: 'Hello.' }],
  on_screen_text: [],
  moderation: [
    { ...span, category: 'weapons', level: 'low', reason: 'a toy' },
    { ...span, category: 'drugs', level: 'none', reason: '' },
  ],
};
const recorded = { ...none, speakers: [{ speaker: '1', description: 'the caller' }] };
const segment = (start: number, end: number, text: string) => ({ start, end, speaker: '1', text });

describe('describe-video', () => {
  const { parse } = describeVideo.createQuestion({ medium: 'video', durationSeconds: 4 });

  test('given an answer, then times are rounded, and those outside of the video are left out', () => {
    const { result, caption } = parse(video);
    expect(caption).toBe('A test.');
    expect(result).toMatchObject({
      tags: ['test'],
      chapters: [{ ...span, title: 'All' }],
      objects: [{ label: 'ball', appearances: [span] }],
      speech: [{ start: 1.24, end: 2, speaker: '1', text: 'Hello.' }],
      moderation: { highest: 'low', parts: [{ category: 'weapons', level: 'low' }] },
    });
  });

  test('given nobody counted and nothing rated, then it is left open, and not called nothing', () => {
    const { result } = parse({ ...video, people: null, moderation: null });
    expect(result).toMatchObject({ people: null, moderation: { highest: 'unrated', parts: [] } });
  });

  test('given chapters that all lie behind the end, then it is no answer', () => {
    const chapters = [{ start: 60, end: 90, title: 'Late', summary: '' }];
    expect(() => parse({ ...video, chapters })).toThrow(/outside of 0 to 4 seconds/);
  });

  test('given a question, then it is asked within its marks and answered', () => {
    const asked = describeVideo.createQuestion({ question: 'Who wins?', durationSeconds: 4 });
    expect(asked.prompt).toMatch(/It lasts 4 seconds\.\n<question>\nWho wins\?\n<\/question>$/);
    expect(asked.parse({ ...video, answer: 'Nobody.' }).result.answer).toBe('Nobody.');
    expect(() => asked.parse(video)).toThrow();
  });
});

describe('transcribe', () => {
  test('given segments in no order and a little too long, then they are in order and end with the sound', () => {
    const { parse } = transcribe.createQuestion({ medium: 'audio', durationSeconds: 4 });
    const segments = [segment(3, 5, 'Bye.'), segment(0, 1, 'Hello.'), segment(2, 1, 'Backwards.')];
    expect(parse({ ...recorded, segments }).result).toMatchObject({
      text: 'Hello.\nBye.',
      segments: [segment(0, 1, 'Hello.'), segment(3, 4, 'Bye.')],
    });
  });

  test('given a clip, then the model is told of it, and only what lies in it is kept', () => {
    const clip = { start: 10, end: 20 };
    const { prompt, parse } = transcribe.createQuestion({ durationSeconds: 60, clip });
    expect(prompt).toContain('Only what is between second 10 and second 20 counts');
    const segments = [segment(1, 2, 'Before.'), segment(12, 13, 'Within.')];
    expect(parse({ ...recorded, segments }).result.text).toBe('Within.');
  });
});
