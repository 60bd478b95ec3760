import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTracks } from '../../../lib/media/container/container.ts';
import {
  MAX_AUDIO_SECONDS,
  MAX_TRACKS,
  MAX_VIDEO_SECONDS,
} from '../../../lib/media/container/container-limits.ts';
import { countReads } from '../../../lib/media/container/counted-file.ts';
import { nameKinds } from '../../../lib/media/container/track-facts.ts';
import { findMedium } from '../../../lib/media/media.ts';
import { inspectContainer } from '../../support/inspect-container.ts';
import { MEDIA_LIMITS } from '../../support/limits.ts';
import { writeAiff, writeWave } from '../../support/sound.ts';

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/media/${name}`, import.meta.url));

/** A file as the store has it. */
function hold(bytes: Uint8Array) {
  const read = async (start: number, end: number) => bytes.subarray(start, end);
  return { bytes: bytes.length, read, readAll: async () => bytes };
}

const inspect = (bytes: Uint8Array) => inspectContainer(hold(bytes));
const malformed = expect.objectContaining({ code: 'file_malformed' });
const tooComplex = expect.objectContaining({ code: 'file_too_complex' });

const avc = { kind: 'video', codec: 'avc', width: 64, height: 48 };
const aac = { kind: 'audio', codec: 'aac', channels: 1, sampleRate: 16_000 };
const opus = { kind: 'audio', codec: 'opus', channels: 1, sampleRate: 48_000 };

describe('what is in a container', () => {
  test.each([
    ['tiny.mp4', 'video', 'video/mp4', 4, [avc, aac], []],
    ['tiny.mov', 'video', 'video/quicktime', 4, [avc, aac], ['device', 'location']],
    ['tiny.webm', 'video', 'video/webm', 4, [{ ...avc, codec: 'vp8' }, opus], []],
    ['live.webm', 'video', 'video/webm', 4, [{ ...avc, codec: 'vp8' }, opus], []],
    ['tiny.m4a', 'audio', 'audio/mp4', 4, [aac], []],
    ['tiny.mp3', 'audio', 'audio/mpeg', 4.1, [{ ...aac, codec: 'mp3', channels: 2 }], []],
    ['tiny.aac', 'audio', 'audio/aac', 4.1, [aac], []],
    ['tiny.ogg', 'audio', 'audio/ogg', 4, [{ ...aac, codec: 'vorbis' }], ['software']],
    [
      'tiny.flac',
      'audio',
      'audio/flac',
      4,
      [{ ...aac, codec: 'flac', sampleRate: 8_000 }],
      ['software'],
    ],
  ])('given %s', async (name, medium, mediaType, seconds, tracks, metadata) => {
    const file = hold(fixture(name));
    expect((await findMedium(file, MEDIA_LIMITS)).name).toBe(medium);
    const facts = await inspectContainer(file);
    expect(facts).toMatchObject({ mediaType, tracks, metadata });
    expect(facts.durationSeconds).toBeCloseTo(seconds, 1);
  });

  test.each([
    ['WAV', writeWave(2)],
    ['AIFF', writeAiff(2)],
  ])('given a %s of two seconds', async (_, bytes) => {
    const facts = await inspect(bytes);
    expect(facts.durationSeconds).toBe(2);
    expect(facts.tracks).toEqual([
      { kind: 'audio', codec: 'pcm-s16', channels: 1, sampleRate: 8_000 },
    ]);
  });

  test('given an MP4 that is turned when it is shown, then its size is that of the upright picture', async () => {
    const turned = fixture('tiny.mp4');
    const matrix = turned.indexOf('tkhd') + 44;
    for (const [index, value] of [0, 0x10000, 0, -0x10000, 0].entries())
      turned.writeInt32BE(value, matrix + 4 * index);
    const { tracks } = await inspect(turned);
    expect(tracks[0]).toMatchObject({ width: 48, height: 64, rotation: 90 });
  });

  test('given a Matroska of what no WebM holds, or one that is encrypted, then it is not supported', async () => {
    for (const name of ['tiny.mkv', 'encrypted.mp4'])
      await expect(inspect(fixture(name))).rejects.toMatchObject({ code: 'type_unsupported' });
  });

  test('given tags of any name, then only their kinds are told', () => {
    const kinds = nameKinds({ '\xa9xyz': '+48.2+16.3/', TSSE: 'LAME', anything: 'secret' });
    expect(kinds).toEqual(['location', 'software', 'tags']);
  });
});

describe('a file that is cut', () => {
  const whole: [string, Uint8Array][] = [
    ...['tiny.mp4', 'fragments.mp4', 'tiny.mov', 'tiny.m4a', 'tiny.webm', 'live.webm'],
    ...['tiny.ogg', 'tiny.flac', 'tiny.mp3', 'tiny.aac'],
  ].map((name): [string, Uint8Array] => [name, fixture(name)]);

  test.each([...whole, ['WAV', writeWave(2)], ['AIFF', writeAiff(2)]] as const)(
    'at any tenth, %s is refused',
    async (_, bytes) => {
      for (let tenth = 1; tenth < 10; tenth += 1) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * tenth) / 10));
        await expect(inspect(cut), `at ${tenth}/10`).rejects.toEqual(malformed);
      }
    },
  );

  test('to nothing, it is refused', async () => {
    await expect(findMedium(hold(new Uint8Array()), MEDIA_LIMITS)).rejects.toEqual(malformed);
  });
});

/** The fixture with a number of 32 bits changed, so far behind a box's name. */
function lie(name: string, box: string, offset: number, value: number): Buffer {
  const bytes = fixture(name);
  bytes.writeUInt32BE(value, bytes.indexOf(box, 0, 'latin1') + offset);
  return bytes;
}

function box(type: string, size: number, content = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

const FTYP = box('ftyp', 16, Buffer.from('isom\0\0\0\0'));
const EBML = fixture('live.webm').subarray(0, 36);
const ENDLESS = Buffer.from('1853806701ffffffffffffff', 'hex');

describe('a file that lies', () => {
  test.each([
    [
      'a box of 4 GB in a kilobyte',
      Buffer.concat([FTYP, box('moov', 0xffffffff, Buffer.alloc(1_000))]),
    ],
    ['times without a scale', lie('tiny.mp4', 'mdhd', 16, 0)],
    ['more sizes than there are', lie('tiny.mp4', 'stsz', 12, 0xffffffff)],
    ['a run of pictures that is longer than its box', lie('fragments.mp4', 'trun', 8, 0xffffffff)],
    [
      'a tag as long as 256 MB',
      Buffer.from(`ID3\x04\0\0\x7f\x7f\x7f\x7f${'\0'.repeat(500)}`, 'latin1'),
    ],
    ['a WAV without sound', writeWave(0)],
  ])('%s: malformed', async (_, bytes) => {
    await expect(inspect(bytes)).rejects.toEqual(malformed);
  });

  test.each([
    ['four billion times in sixteen bytes', lie('tiny.mp4', 'stts', 12, 0xffffffff)],
    ['a picture that lasts for days', lie('tiny.mp4', 'stts', 16, 0x7fffffff)],
    [
      'endless EBML',
      Buffer.concat([EBML, ENDLESS, Buffer.alloc(5_000_000, Buffer.from([0xec, 0x80]))]),
    ],
    [
      'endless EBML of few bytes',
      Buffer.concat([EBML, ENDLESS, Buffer.alloc(3_100_000, Buffer.from([0xec, 0x80]))]),
    ],
  ])('%s: too complex', async (_, bytes) => {
    await expect(inspect(bytes)).rejects.toEqual(tooComplex);
  });

  test('a program, a script and an empty container by the name of a video: not supported', async () => {
    for (const start of ['\x7fELF\x02\x01\x01', 'MZ\x90\0', '#!/bin/sh\n', 'OggS\0\x02'])
      await expect(inspect(Buffer.from(start.padEnd(2_000, '\0'), 'latin1'))).rejects.toMatchObject(
        { code: start.startsWith('Ogg') ? 'file_malformed' : 'type_unsupported' },
      );
  });

  test('more tracks than films have: too complex', async () => {
    const bytes = fixture('tiny.mp4');
    const [moov, trak] = [bytes.indexOf('moov') - 4, bytes.indexOf('trak') - 4];
    const one = bytes.subarray(trak, trak + bytes.readUInt32BE(trak));
    const more = Buffer.concat(Array.from({ length: MAX_TRACKS }, () => one));
    bytes.writeUInt32BE(bytes.readUInt32BE(moov) + more.length, moov);
    await expect(inspect(Buffer.concat([bytes, more]))).rejects.toEqual(tooComplex);
  });

  test('longer than a model takes: too complex', async () => {
    expect(MAX_VIDEO_SECONDS).toBeLessThan(MAX_AUDIO_SECONDS);
    const long = writeAiff(1);
    long.writeUInt32BE((MAX_AUDIO_SECONDS + 1) * 8_000, long.indexOf('COMM') + 10);
    await expect(inspect(long)).rejects.toEqual(tooComplex);
  });

  test.each([
    ['more samples a second than the table has digits for', 16_383 + 1_000],
    ['endlessly many', 0x7ffe],
    ['next to none', 1],
  ])('given a sound with %s: malformed', async (_, exponent) => {
    const odd = writeAiff(1);
    const common = odd.indexOf('COMM') + 8;
    odd.writeUInt32BE(0xffff_ffff, common + 2);
    odd.writeUInt16BE(exponent, common + 8);
    await expect(inspect(odd)).rejects.toEqual(malformed);
  });

  test('given any bytes changed, then there are facts within bounds or one of the codes of files', async () => {
    const name = fc.constantFrom('tiny.mp4', 'tiny.webm', 'tiny.ogg');
    const changes = fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(name, changes, async (from, changed) => {
        const bytes = Buffer.from(fixture(from));
        for (const [at, value] of changed) bytes[bytes.length - 1 - (at % bytes.length)] = value;
        const found = await inspect(bytes).catch(({ code }) => code);
        if (typeof found === 'string')
          expect(found).toMatch(/^(file_malformed|file_too_complex|type_unsupported)$/);
        else expect(found.durationSeconds).toBeLessThanOrEqual(MAX_AUDIO_SECONDS);
      }),
      { numRuns: 4 },
    );
  });
});

describe('what reading may cost', () => {
  test('given more bytes or reads than it may have, then it is too complex', async () => {
    const file = hold(new Uint8Array(3_000_000));
    const few = countReads(file, { reads: 2, bytes: 10_000_000 });
    await few.read(0, 10);
    await few.read(20, 30); // of the same window
    await few.read(1_000_000, 1_000_010);
    await expect(few.read(2_000_000, 2_000_010)).rejects.toEqual(tooComplex);
    const small = countReads(file, { reads: 10, bytes: 1_000_000 });
    await expect(small.read(0, 2_000_000)).rejects.toEqual(tooComplex);
  });

  test('given a thread that takes longer than it may, then it is ended', async () => {
    const file = { bytes: 1_000, read: () => new Promise<Uint8Array>(() => undefined) };
    await expect(readTracks(file, 'video/mp4', 0)).rejects.toEqual(tooComplex);
  }, 10_000);

  test('given a store that fails, then that is the error', async () => {
    const read = () => Promise.reject(new Error('S3 is down'));
    await expect(readTracks({ bytes: 1_000, read }, 'video/mp4')).rejects.toThrow('S3 is down');
  });
});
