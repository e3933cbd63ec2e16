import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import type { Plan } from '../../src/contracts/plan.js';
import { plan, told } from './plugins.js';

const dir = mkdtempSync(join(tmpdir(), 'stormglass-events-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 's.yaml');
const write = (name: string, text: string) => writeFileSync(join(dir, name), text);

write('order.json', '{"id":"{{uuid}}","total":{{float 1 500 2}}}');
write('bad.json', '{\n  "id": {{uuuid}}\n}');
write(
  'orders.ndjson',
  '{"at":"2026-01-01T00:00:00Z","kind":"Placed"}\n{"at":"2026-01-01T00:00:10Z","kind":"Paid"}\n',
);
write('backwards.csv', 'at,kind\n2026-01-02T00:00:00Z,Paid\n2026-01-01T00:00:00Z,Paid\n');

/** A scenario with this entry of the mix, and this load of it. */
const scenario = (
  entry: string,
  load = 'rate: 1k/s, for: 10s',
  subject = 'cim.events.{domain}.{type}',
) => `version: 1
name: events
seed: 1
cluster: { driver: process }
events:
  subject: ${subject}
  mix:
    - { domain: orders, types: [Placed, Paid]${entry === '' ? '' : `, ${entry}`} }
    - { domain: other, types: [Seen], size: 16B }
load:
  - { name: a, kind: publish, domains: [orders], ${load} }
`;

const resolved = (entry: string, load?: string, subject?: string): Plan =>
  plan(scenario(entry, load, subject), { file });
const wrong = (entry: string, load?: string, subject?: string) =>
  told(scenario(entry, load, subject), { file });
const firstEvent = (entry: string) => resolved(entry).events[0]!;

describe('sizes', () => {
  it.each([
    ['256B', { minBytes: 256, maxBytes: 256 }],
    [
      '{ normal: { mean: 1KiB, sd: 200B }, min: 100B }',
      { minBytes: 100, maxBytes: 1824, spread: { kind: 'normal', meanBytes: 1024, sdBytes: 200 } },
    ],
    [
      '{ choice: { 4KiB: 20, 256B: 80 } }',
      {
        minBytes: 256,
        maxBytes: 4096,
        spread: {
          kind: 'choice',
          choices: [
            { bytes: 4096, weight: 20 },
            { bytes: 256, weight: 80 },
          ],
        },
      },
    ],
    [
      '{ percentiles: { p0: 64B, p100: 1KiB, p50: 256B } }',
      {
        minBytes: 64,
        maxBytes: 1024,
        spread: {
          kind: 'percentiles',
          points: [
            { percentile: 0, bytes: 64 },
            { percentile: 50, bytes: 256 },
            { percentile: 100, bytes: 1024 },
          ],
        },
      },
    ],
  ])('may be %s', (size, expected) => {
    expect(firstEvent(`size: ${size}`).size).toEqual(expected);
  });

  it('may be log-normal, by their median and their p99', () => {
    const { size } = firstEvent('size: { lognormal: { median: 1KiB, p99: 16KiB }, max: 64KiB }');
    expect(size.maxBytes).toBe(65_536);
    expect(size.spread).toMatchObject({ kind: 'lognormal', medianBytes: 1024 });
  });

  it.each([
    ['{ normal: { mean: 1KiB } }', /size\.normal\.sd: this key is missing/],
    [
      '{ normal: { mean: 1KiB, sd: 10B }, min: 2KiB, max: 1KiB }',
      /nothing is left of it between 2048B and 1024B/,
    ],
    ['{ lognormal: { median: 1KiB, p99: 1KiB } }', /expected a p99 above the median/],
    ['{ choice: { 8B: 1 } }', /an event has at least 16B/],
    ['{ percentiles: { p50: 64B } }', /expected p0, the smallest size, and p100/],
    ['{ percentiles: { p0: 64B, p50: 32B, p100: 1KiB } }', /the size at p50 is below the one before it/],
    ['{ uniform: 3 }', /unknown key `uniform` → The keys here are normal, min, max, lognormal/],
    ['256', /expected a size \(256B\), a range \(16B\.\.64B\), or a spread/],
    ['8B', /an event has at least 16B: it carries who wrote it/],
  ])('are refused as %s', (size, message) => {
    expect(wrong(`size: ${size}`).join('\n')).toMatch(message);
  });

  it('are needed, but for payloads that have their own', () => {
    expect(wrong('')).toEqual([
      '8:7 events.mix[0]: the key `size` is missing: how large the payloads are → Write `size: 256B`.',
    ]);
    expect(wrong("size: 1KiB, payload: { template: 'x' }").join('\n')).toMatch(
      /payloads are as large as the template makes them/,
    );
  });
});

describe('payloads', () => {
  it('may be compressible', () => {
    expect(firstEvent('size: 1KiB, payload: { compressible: 50% }').payload).toEqual({
      kind: 'compressible',
      ratio: 0.5,
    });
    expect(wrong('size: 1KiB, payload: { compressible: 1.5 }').join('\n')).toMatch(
      /expected a ratio from 0 to 1/,
    );
  });

  it('may be made from a template, in the scenario or in a file beside it', () => {
    const text = '{"n":{{sequence}},"s":"{{choice a bc}}"}';
    const { payload, size } = firstEvent(`payload: { template: '${text}' }`);
    expect(payload).toEqual({ kind: 'template', text });
    expect(size).toEqual({ minBytes: 27, maxBytes: 28 });
    expect(firstEvent('payload: { template: { file: order.json } }').size).toEqual({
      minBytes: 58,
      maxBytes: 60,
    });
  });

  it.each([
    [
      '{ template: \'{"id": {{uid}} }\' }',
      'events.mix[0].payload.template: line 1, column 10: there is no placeholder `uid`. Did you mean `uuid`?',
    ],
    [
      '{ template: { file: bad.json } }',
      'events.mix[0].payload.template.file: bad.json, line 2, column 11: there is no placeholder `uuuid`. Did you mean `uuid`?',
    ],
    ['{ template: { file: none.json } }', 'events.mix[0].payload.template.file: none.json is not there'],
    [
      '{ template: \'{"id": {{uuid}} }\' }',
      /what this template makes is not JSON: .*, in \{"id": 01234567.* → Where it is not meant to be JSON, write `format: text`\./,
    ],
    ["{ template: 'a', format: json }", /what this template makes is not JSON/],
    ['{ tmplate: x }', /payload/],
  ])('%s tells what is wrong with it, and where', (payload, message) => {
    const all = wrong(`payload: ${payload}`).join('\n');
    if (typeof message === 'string') expect(all).toContain(message);
    else expect(all).toMatch(message);
  });

  it('may be what a text is that only looks like JSON', () => {
    expect(wrong("payload: { template: '[{{time}}] started', format: text }")).toEqual([]);
  });

  it('may be the records of a file', () => {
    const { payload, size } = firstEvent(
      'payload: { file: orders.ndjson, type: kind, time: at, repeat: true }',
    );
    expect(payload).toEqual({
      kind: 'file',
      file: {
        path: join(dir, 'orders.ndjson'),
        format: 'ndjson',
        type: 'kind',
        time: 'at',
        repeat: true,
        records: 2,
        meanBytes: 44,
        spanNs: 10e9,
      },
    });
    expect(size).toEqual({ minBytes: 43, maxBytes: 45 });
  });

  it.each([
    ['{ file: none.csv }', 'events.mix[0].payload.file: none.csv: it is not there'],
    [
      '{ file: backwards.csv, time: at }',
      'payload.file: backwards.csv: line 3: its `at` is before that of the record above',
    ],
    [
      '{ file: orders.ndjson, type: at }',
      'orders.ndjson: line 1: its `at` is `2026-01-01T00:00:00Z`, which is none',
    ],
    ['{ file: orders.ndjson, column: kind }', 'only a CSV file has columns, and this one is ndjson'],
    [
      '{ file: order.json, time: at }',
      'a plain line has no fields → Write `format: ndjson` if lines are JSON.',
    ],
  ])('%s tells what is wrong with the file', (payload, message) => {
    expect(wrong(`payload: ${payload}`).join('\n')).toContain(message);
  });
});

describe('a load of a file', () => {
  const FILE = 'payload: { file: orders.ndjson, time: at }';
  const LOOP = 'payload: { file: orders.ndjson, time: at, repeat: true }';
  const schedule = (entry: string, load: string): LoadSchedule => resolved(entry, load).loads[0]!.schedule;

  it('ends where the file does', () => {
    expect(schedule(FILE, 'rate: max, for: 10s')).toEqual({ mode: 'max', durationNs: 10e9, count: 2 });
    expect(schedule(LOOP, 'rate: max, for: 10s')).toEqual({ mode: 'max', durationNs: 10e9 });
    expect(wrong(FILE, 'rate: 1/s, for: 2s')).toEqual([]);
  });

  it('is refused when the file ends before it does', () => {
    expect(wrong(FILE, 'rate: 1k/s, for: 10s')).toEqual([
      '11:5 load[0]: this load asks for 10,000 events, and its file ends after 2 records → Write `repeat: true` into its `payload`, or ask for less.',
    ]);
    expect(wrong(FILE, 'rate: max, for: 10s, count: 3').join('\n')).toMatch(/asks for 3 events/);
    expect(wrong(LOOP, 'rate: 1k/s, for: 10s')).toEqual([]);
  });

  it('is refused when its file would end others', () => {
    const text = scenario(FILE).replace('domains: [orders]', 'domains: [orders, other]');
    expect(told(text, { file }).join('\n')).toMatch(
      /a file of this load ends, and with it would end the events beside/,
    );
    const looping = scenario(LOOP).replace('domains: [orders]', 'domains: [orders, other]');
    expect(told(looping, { file })).toEqual([]);
  });

  it('may go at the pace of its records', () => {
    expect(schedule(FILE, 'replay: { speed: 10 }')).toMatchObject({
      mode: 'open',
      stages: [{ fromPerSec: 2, toPerSec: 2, durationNs: 1e9 }],
      arrival: { kind: 'replay', speed: 10, file: { records: 2 } },
    });
  });

  it.each([
    [FILE, 'replay: {}, rate: 1k/s', 'with `replay` the file says when its records are due → Leave it out.'],
    [FILE, 'replay: {}, for: 10s', 'load[0].for: with `replay` the file says'],
    ['payload: { file: orders.ndjson }', 'replay: {}', 'nothing says when the records of the file happened'],
    [LOOP, 'replay: {}', 'a replay ends with its file, and this one has `repeat: true`'],
    ['size: 16B', 'replay: {}', 'a replay sends the records of one file and nothing else'],
    [FILE, 'replay: { speed: 0 }', 'load[0].replay.speed'],
  ])('with %s does not replay as { %s }', (entry, load, message) => {
    expect(wrong(entry, load).join('\n')).toContain(message);
  });
});

describe('subjects', () => {
  it('may have numbers, each as often as the others', () => {
    const { events } = resolved('size: 16B', undefined, 'cim.{site:2}.{domain}.{type}.{shard:3}');
    const placed = events.filter(({ type }) => type === 'Placed');
    expect(placed.map(({ subject }) => subject)).toEqual([
      'cim.0.orders.Placed.0',
      'cim.0.orders.Placed.1',
      'cim.0.orders.Placed.2',
      'cim.1.orders.Placed.0',
      'cim.1.orders.Placed.1',
      'cim.1.orders.Placed.2',
    ]);
    for (const { weight } of placed) expect(weight).toBeCloseTo(0.25 / 6, 12);
  });

  it.each([
    [
      'cim.{domain}.{type}.{shard}',
      /`\{shard\}` is no token: \{domain\}, \{type\} and numbers such as \{shard:100\}/,
    ],
    ['cim.{domain}.{type}.{shard:0}', /`\{shard:0\}` has no number to choose from/],
    [
      'cim.{domain}.{type}.{shard:40000}',
      /at most 65535 kinds of event, the numbers in their subjects included/,
    ],
  ])('are refused as %s', (subject, message) => {
    expect(wrong('size: 16B', undefined, subject).join('\n')).toMatch(message);
  });
});

describe('headers and traces', () => {
  it('may hold placeholders', () => {
    const load = 'rate: 1k/s, for: 1s, traceparent: 1/100, headers: { X-Id: "{{uuid}}" }';
    expect(resolved('size: 16B', load).loads[0]!.params).toMatchObject({
      headers: { 'X-Id': '{{uuid}}' },
      traceparent: 100,
    });
  });

  it.each([
    ['headers: { X-Id: "{{uid}}" }', /X-Id.*: column 3 of this value: there is no placeholder `uid`/],
    ['headers: { Stormglass-Stamp: x }', /expected a header of your own/],
    ['traceparent: 1/0', /expected `every`, or one in so many events/],
    ['traceparent: often', /expected `every`/],
    ['batch: { events: 70000 }', /expected at most 65535/],
    ['batch: { within: 5ms }', /batch\.events/],
  ])('are refused as %s', (keys, message) => {
    expect(wrong('size: 16B', `rate: 1k/s, for: 1s, ${keys}`).join('\n')).toMatch(message);
  });
});
