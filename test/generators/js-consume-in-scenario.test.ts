import { describe, expect, it } from 'vitest';
import type { LoadScene } from '../../src/contracts/load.js';
import { jsConsume } from '../../src/generators/js-consume/js-consume.js';
import { planOf, STREAM } from './consuming.js';

describe('what a scenario says of js-consume', () => {
  const scene: LoadScene = {
    streams: [
      { name: STREAM, subjects: ['cim.events.orders.>'], config: { num_replicas: 3 } },
      { name: 'JOBS', subjects: ['jobs.>'], config: { retention: 'workqueue' } },
    ],
    events: [],
    loads: [],
    isExternal: false,
    defaultStorage: 'file',
  };
  const problems = (params: Record<string, unknown>, workers = 1, within = scene) =>
    jsConsume.findProblems!(planOf({ params, workers }), within).map(
      ({ key, message }) => `${key}: ${message}`,
    );

  it('is complete with a stream', () => {
    expect(problems({})).toEqual([]);
  });

  it.each<[Record<string, unknown>, number, string]>([
    [{ stream: 'ODERS' }, 1, 'stream: the scenario has no stream `ODERS`'],
    [{ mode: 'ordered', ack: 'explicit' }, 1, 'ack: an ordered consumer acknowledges nothing'],
    [{ mode: 'ordered', durable: 'mine' }, 1, 'durable: an ordered consumer has no name that lasts'],
    [{ ack: 'none', nak: '1%' }, 1, 'nak: with ack: none no single message can be answered apart'],
    [{ nak: '60%', term: '60%' }, 1, 'nak: nak, no-ack and term are more than all deliveries together'],
    [
      { ack: 'all' },
      2,
      'ack: with ack: all a worker would acknowledge what the others have not dealt with yet',
    ],
    [
      { deliver: 'by-start-sequence' },
      1,
      'deliver: deliver: by-start-sequence and start-sequence go together',
    ],
    [{ 'start-sequence': 7 }, 1, 'start-sequence: deliver: by-start-sequence and start-sequence go together'],
    [{ filter: 'cim.events.other.>' }, 1, 'filter: ORDERS has no messages of `cim.events.other.>`'],
    [{ replicas: 5 }, 1, 'replicas: a consumer cannot have more replicas than its stream, and ORDERS has 3'],
    [
      { stream: 'JOBS', consumers: 2 },
      1,
      'consumers: each message of JOBS goes to one consumer: its retention is workqueue',
    ],
  ])('is refused: %o with %i workers', (params, workers, problem) => {
    expect(problems(params, workers)).toEqual([problem]);
  });

  it('may name a stream of servers that are not ours', () => {
    expect(problems({ stream: 'THEIRS' }, 1, { ...scene, isExternal: true })).toEqual([]);
  });

  it('says what it cannot count or measure', () => {
    const uncounted = (params: Record<string, unknown>) =>
      jsConsume.facts.uncounted!(planOf({ params }))?.counters;
    expect(uncounted({})).toEqual(['ack_latency', 'service_time', 'lost']);
    expect(uncounted({ ack: 'sync' })).toEqual(['lost']);
    expect(uncounted({ mode: 'ordered' })).toEqual(['ack_latency', 'service_time', 'redelivered']);
    expect(uncounted({ mode: 'ordered', filter: 'a.>' })).toContain('lost');
  });

  it('knows no other keys, modes and shares', () => {
    expect(() => jsConsume.schema.parse({ stream: STREAM, acks: 'none' })).toThrow(/acks/);
    expect(() => jsConsume.schema.parse({ stream: STREAM, mode: 'push' })).toThrow(
      /consume, fetch or ordered/,
    );
    expect(() => jsConsume.schema.parse({ stream: STREAM, nak: '101%' })).toThrow(/at most 100%/);
    expect(() => jsConsume.schema.parse({ stream: STREAM, filter: 'a..b' })).toThrow();
  });
});
