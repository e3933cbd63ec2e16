import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { parseTemplate } from '../../src/base/template.js';
import { EventBits } from '../../src/wire/fields/event-bits.js';
import { traceparentField } from '../../src/wire/fields/traceparent-field.js';
import { encodeText, type FrameText } from '../../src/wire/frame-text.js';
import { templateText } from '../../src/wire/template-text.js';

const NAMES = { domain: 'orders', type: 'Placed', subject: 'cim.orders', load: 'firehose', worker: '3' };
/** The wall clock shows this when the monotonic one is at 0: 2026-01-02T03:04:05.000Z. */
const WALL_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

const makerOf = (template: string, seed = 1) =>
  templateText(parseTemplate(template), { names: NAMES, random: seededRandom(seed), wallOffsetMs: WALL_MS });

/** The text as one event has it. */
function written(text: FrameText, writer: number, sequence: number, dueNs: number): string {
  const { bytes, fields } = encodeText(text);
  const copy = Buffer.from(bytes);
  for (const { field, at } of fields) field.write(copy, at, writer, sequence, dueNs);
  return copy.toString();
}

const event = (template: string, sequence = 42, dueNs = 0, seed = 1): string =>
  written(makerOf(template, seed)(seededRandom(seed)), 7, sequence, dueNs);

describe('a template as a payload', () => {
  it('is valid JSON for every event, with its own sequence and time', () => {
    const make = makerOf(
      '{"id":"{{uuid}}","n":{{sequence}},"at":"{{time}}","ms":{{time ms}},"s":"{{choice a "b c"}}","x":{{float 0 1}},"i":{{int -9 9}},"t":"{{text 5 30}}"}',
    );
    const random = seededRandom(2);
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(1000), fc.nat(1e9), (low, high, dueUs) => {
        const sequence = high * 2 ** 30 + low;
        const json = JSON.parse(written(make(random), 7, sequence, dueUs * 1000));
        const due = new Date(WALL_MS + Math.floor(dueUs / 1000));
        expect(json.n).toBe(sequence);
        expect(json.at).toBe(due.toISOString());
        expect(json.ms).toBe(due.getTime());
        expect(json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(['a', 'b c']).toContain(json.s);
        expect(json.x).toBeGreaterThanOrEqual(0);
        expect(json.x).toBeLessThanOrEqual(1);
        expect(Math.abs(json.i)).toBeLessThanOrEqual(9);
        expect(json.t).toMatch(/^[a-z ]{5,30}$/);
      }),
      { seed: 72, numRuns: 300 },
    );
  });

  it.each([
    ['{{sequence}}', '           42'],
    ['{{sequence 4}}', '0042'],
    ['{{sequence 1}}', '2'],
    ['{{time}}', '2026-01-02T03:04:06.234Z'],
    ['{{time s}}', '1767323046'],
    ['{{time ms}}', '1767323046234'],
    ['{{time us}}', '1767323046234567'],
    ['{{time ns}}', '1767323046234567891'],
    ['{{domain}}/{{type}}/{{subject}}/{{load}}/{{worker}}', 'orders/Placed/cim.orders/firehose/3'],
  ])('%s is %s', (template, expected) => {
    expect(event(template, 42, 1_234_567_891)).toBe(expected);
  });

  it('goes over midnight, and over the year', () => {
    const make = makerOf('{{time}}');
    const text = make(seededRandom(1));
    const toNs = (iso: string) => (Date.parse(iso) - WALL_MS) * 1e6;
    for (const iso of ['2026-01-02T23:59:59.999Z', '2026-01-03T00:00:00.000Z', '2027-02-28T12:00:00.001Z']) {
      expect(written(text, 1, 2, toNs(iso))).toBe(iso);
    }
  });

  it('draws by the seed, anew for each text', () => {
    const make = makerOf('{{int 1 1000000}} {{hex 20}} {{text 30}}');
    const texts = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => written(make(random), 0, 0, 0));
    };
    expect(texts(5)).toEqual(texts(5));
    expect(texts(6)).not.toEqual(texts(5));
    expect(new Set(texts(5)).size).toBe(20);
  });

  it('keeps the shares of weights', () => {
    const make = makerOf('{{choice paid:70 failed:30}}');
    const random = seededRandom(1);
    const paid = Array.from({ length: 10_000 }, () => written(make(random), 0, 0, 0)).filter(
      (text) => text === 'paid',
    );
    expect(paid.length / 10_000).toBeCloseTo(0.7, 1);
  });
});

describe('identities of events', () => {
  it('are never twice the same, whoever writes', () => {
    for (const template of ['{{uuid}}', '{{uuid v7}}']) {
      const text = makerOf(template)(seededRandom(1));
      const ids = new Set<string>();
      for (const writer of [0, 1, 255, 65_535]) {
        for (let i = 0; i < 5000; i++) ids.add(written(text, writer, i * 2 ** 20, 0));
      }
      expect(ids.size).toBe(20_000);
    }
    expect(event('{{uuid}} {{uuid}}').split(' ')[0]).not.toBe(event('{{uuid}} {{uuid}}').split(' ')[1]);
    expect(event('{{uuid}}', 1, 0, 1)).not.toBe(event('{{uuid}}', 1, 0, 2));
  });

  it('have their time in front, as version 7', () => {
    const id = event('{{uuid v7}}', 9, 5e6);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(WALL_MS + 5);
  });

  it('spread over all their bits', () => {
    const bits = new EventBits(seededRandom(3));
    const ones = new Float64Array(128);
    for (let i = 0; i < 4000; i++) {
      bits.of(1, i);
      [bits.a, bits.b, bits.c, bits.d].forEach((word, w) => {
        for (let bit = 0; bit < 32; bit++) ones[w * 32 + bit]! += (word >>> bit) & 1;
      });
    }
    for (const count of ones) expect(Math.abs(count / 4000 - 0.5)).toBeLessThan(0.05);
  });

  it('are traces as W3C Trace Context has them', () => {
    const field = traceparentField(seededRandom(4));
    const traces = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const header = written([field], 2, i, 0);
      expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(header).not.toContain('0'.repeat(16));
      traces.add(header);
    }
    expect(traces.size).toBe(1000);
  });
});
