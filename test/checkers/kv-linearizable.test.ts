import { describe, expect, it } from 'vitest';
import { kvLinearizable } from '../../src/checkers/kv-linearizable.js';
import type { StreamFacts } from '../../src/contracts/history.js';
import {
  type MadeMessage,
  type MadeOperation,
  madeHistory,
  madeRead,
  madeStream,
  madeWriter,
} from './made-history.js';

const KEYS = ['$KV.b.k0', '$KV.b.k1'];

/** From when to when, in seconds. */
type Span = readonly [sentSec: number, doneSec: number];
type More = Partial<MadeOperation>;

const put = (revision: number, [sentSec, doneSec]: Span, more: More = {}): MadeOperation => ({
  ...{ kind: 'put', sequence: 0, outcome: 'ok', streamSequence: revision, sentSec, doneSec },
  ...more,
});
const set = (expected: number, revision: number, span: Span, more: More = {}): MadeOperation =>
  put(revision, span, { kind: 'compare-and-set', detail: expected, ...more });
/** What it read was written by `writer`, as its operation `sequence`. */
const get = (
  revision: number,
  span: Span,
  stamp?: readonly [writer: number, sequence: number],
  more: More = {},
) =>
  put(revision, span, {
    kind: 'get',
    ...(stamp && { value: { writer: stamp[0], sequence: stamp[1] } }),
    ...more,
  });
const lost = (span: Span, more: More = {}): MadeOperation => {
  const { streamSequence: _, ...operation } = put(0, span, { outcome: 'unknown', ...more });
  return operation;
};

interface Told {
  readonly direct?: boolean;
  readonly config?: StreamFacts['config'];
  /** What the final read held; unless told, every write that was acknowledged. */
  readonly stored?: readonly MadeMessage[];
  readonly read?: Parameters<typeof madeRead>[2];
  readonly isRead?: boolean;
  readonly isComplete?: boolean;
}

/** Each list is one writer's operations, numbered from 0. */
function check(writers: readonly (readonly MadeOperation[])[], told: Told = {}) {
  const numbered = writers.map((operations) => operations.map((each, sequence) => ({ ...each, sequence })));
  const stored =
    told.stored ??
    numbered
      .flatMap((operations, writer) =>
        operations
          .filter(({ kind, outcome }) => kind !== 'get' && outcome === 'ok')
          .map(({ sequence, streamSequence = 0 }) => ({ writer, sequence, streamSequence })),
      )
      .sort((a, b) => a.streamSequence - b.streamSequence);
  const history = madeHistory(
    numbered.map((operations, writer) =>
      madeWriter(writer, operations, { load: 'kv', subjects: KEYS, complete: told.isComplete ?? true }),
    ),
    told.isRead === false ? [] : [madeRead('KV_b', stored, told.read)],
    {
      streams: [madeStream('KV_b', { allow_direct: told.direct ?? false, num_replicas: 3, ...told.config })],
      streamOf: (subject) => (subject.startsWith('$KV.b.') ? 'KV_b' : undefined),
    },
  );
  return kvLinearizable.check(history, {});
}

const violations = (...told: Parameters<typeof check>) => {
  const { sets } = check(...told);
  return Object.fromEntries(
    sets.filter(({ meaning }) => meaning === 'violation').map(({ name, count }) => [name, count]),
  );
};

describe('kv-linearizable', () => {
  it('passes a history of one order', () => {
    const result = check([
      [put(1, [0, 1]), set(1, 2, [2, 3]), get(2, [4, 5], [0, 1]), get(0, [4, 5], undefined, { subject: 1 })],
      [put(3, [4, 6], { subject: 1 }), get(3, [5, 7], [1, 0], { subject: 1 })],
    ]);
    expect(result).toMatchObject({
      verdict: 'pass',
      sentence: '6 operations on 2 keys: linearizable',
      counts: { puts: 2, compareAndSets: 1, gets: 3, unknown: 0 },
      sets: [],
      examples: [],
    });
  });

  it('is unknown without an answer, a final read, and with a history that is not complete', () => {
    expect(check([[lost([0, 1])]])).toMatchObject({ verdict: 'unknown' });
    expect(check([[put(1, [0, 1])]], { isRead: false }).sentence).toContain('KV_b was not read back');
    expect(check([[put(1, [0, 1])]], { read: { complete: false, gaveUp: 'no time' } }).sentence).toContain(
      'reading KV_b gave up: no time',
    );
    expect(check([[put(1, [0, 1])]], { isComplete: false })).toMatchObject({ verdict: 'unknown' });
  });

  it('finds a write of the key between what a compare-and-set expected and its own', () => {
    const result = check([[put(1, [0, 1]), set(1, 3, [1, 9])], [put(2, [2, 3])]]);
    expect(result).toMatchObject({ verdict: 'fail', counts: { lostUpdate: 1 } });
    expect(result.sentence).toBe('3 operations on 1 keys: 1 lost compare-and-sets');
    expect(result.examples).toEqual([
      't = +1.0 s: kv/0 #1 compare-and-set $KV.b.k0 expecting revision 1, acknowledged as revision 3 8 s later: ' +
        'the key had revision 2 by then',
    ]);
    expect(violations([[put(1, [0, 1]), set(1, 3, [1, 9])], [put(2, [2, 3], { subject: 1 })]])).toEqual({});
    expect(violations([[put(1, [0, 1]), set(0, 3, [1, 9])]])).toEqual({ 'lost compare-and-sets': 1 });
    expect(violations([[set(7, 3, [1, 9])]])).toEqual({ 'lost compare-and-sets': 1 });
    expect(violations([[put(1, [0, 1], { subject: 1 }), set(1, 3, [1, 9])]])).toEqual({
      'lost compare-and-sets': 1,
    });
  });

  it('counts among them a write without an answer that was seen', () => {
    const unseen = [[put(1, [0, 1]), set(1, 3, [1, 9])], [lost([2, 3])]];
    expect(violations(unseen)).toEqual({});
    const stored = [
      { writer: 0, sequence: 0, streamSequence: 1 },
      { writer: 1, sequence: 0, streamSequence: 2 },
      { writer: 0, sequence: 1, streamSequence: 3 },
    ];
    expect(check(unseen, { stored })).toMatchObject({ counts: { lostUpdate: 1, storedThoughUnknown: 1 } });
    const byGet = [...unseen, [get(2, [1, 4], [1, 0])]];
    expect(violations(byGet)).toEqual({ 'lost compare-and-sets': 1 });
  });

  it('finds a write that was over before one with a lower revision began', () => {
    expect(violations([[put(2, [0, 1])], [put(1, [2, 3])]])).toEqual({ 'writes out of order': 1 });
    expect(violations([[put(2, [0, 1])], [put(1, [0.5, 3])]])).toEqual({});
    expect(violations([[put(2, [0, 1])], [put(1, [2, 3], { subject: 1 })]])).toEqual({});
  });

  it('finds two writes with one revision', () => {
    expect(
      violations([[put(1, [0, 1])], [put(1, [0, 1])]], {
        stored: [{ writer: 0, sequence: 0, streamSequence: 1 }],
      }),
    ).toEqual({ 'writes with a revision of another': 1 });
  });

  it('finds what nobody wrote there', () => {
    const wrong = (...operations: MadeOperation[]) =>
      violations([[put(1, [0, 1]), put(2, [2, 3])], operations]);
    expect(wrong(get(2, [4, 5], [0, 0]))).toEqual({ 'wrong values': 1 });
    expect(wrong(get(2, [4, 5], [0, 7]))).toEqual({ 'wrong values': 1 });
    expect(wrong(get(2, [4, 5]))).toEqual({ 'wrong values': 1 });
    expect(wrong(get(2, [4, 5], [0, 1], { subject: 1 }))).toMatchObject({ 'wrong values': 1 });
    expect(wrong(get(2, [4, 5], [0, 1]))).toEqual({});
    const stored = [{ writer: 0, sequence: 0, streamSequence: 2 }];
    expect(violations([[put(1, [0, 1])]], { stored })).toEqual({ 'wrong values': 1 });
  });

  it('takes what is not of this run as written by somebody else', () => {
    expect(violations([[get(5, [0, 1]), get(5, [2, 3]), set(5, 6, [4, 5])]])).toEqual({});
    expect(violations([[get(5, [0, 1], [9, 9]), get(5, [2, 3], [9, 8])]])).toEqual({ 'wrong values': 1 });
  });

  it('finds what failed and shows', () => {
    const failed: MadeOperation = { ...lost([0, 1]), outcome: 'failed' };
    expect(violations([[failed, get(4, [2, 3], [0, 0])]])).toEqual({ 'failed writes that show': 1 });
    expect(
      violations([[failed, put(1, [2, 3])]], {
        stored: [
          { writer: 0, sequence: 1, streamSequence: 1 },
          { writer: 0, sequence: 0, streamSequence: 2 },
        ],
      }),
    ).toEqual({ 'failed writes that show': 1 });
  });

  it('finds a get that returned what had not been sent yet', () => {
    expect(violations([[get(1, [0, 1], [1, 0])], [put(1, [2, 3])]])).toEqual({ 'gets from the future': 1 });
  });

  describe('stale gets', () => {
    const stale = [[put(1, [0, 1]), put(2, [2, 3])], [get(1, [4, 5], [0, 0])]];

    it('break a promise where the leader answers, or the only replica', () => {
      expect(violations(stale)).toEqual({ 'stale gets': 1 });
      expect(violations(stale, { direct: true, config: { num_replicas: 1 } })).toEqual({ 'stale gets': 1 });
      const direct = check(stale, { direct: true });
      expect(direct).toMatchObject({ verdict: 'pass', counts: { stale: 0 } });
      expect(direct.sentence).toContain('but for stale gets, which are not judged');
    });

    it('are those of which somebody knew better before they were sent', () => {
      expect(violations([[put(1, [0, 1]), put(2, [2, 3])], [get(1, [2.9, 5], [0, 0])]])).toEqual({});
      // The write of revision 2 has no answer yet, but another get has shown it.
      const shown = [[put(1, [0, 1]), put(2, [2, 9])], [get(2, [2, 3], [0, 1])], [get(1, [4, 5], [0, 0])]];
      expect(violations(shown)).toEqual({ 'stale gets': 1 });
    });

    it('may have found nothing where values expire', () => {
      const missed = [[put(1, [0, 1])], [get(0, [2, 3])]];
      expect(violations(missed)).toEqual({ 'stale gets': 1 });
      expect(violations(missed, { config: { max_age: 1e9 } })).toEqual({});
    });
  });

  it('finds the last acknowledged write of a key missing at the end', () => {
    const writes = [[put(1, [0, 1]), put(2, [2, 3]), lost([4, 5])]];
    const held = (...operations: (readonly [sequence: number, streamSequence: number])[]) => ({
      stored: operations.map(([sequence, streamSequence]) => ({ writer: 0, sequence, streamSequence })),
    });
    expect(violations(writes, held([0, 1]))).toEqual({ 'lost writes': 1 });
    expect(violations(writes, held([1, 2]))).toEqual({});
    expect(violations(writes, held([2, 3]))).toEqual({});
    expect(violations(writes, { ...held([0, 1]), config: { max_age: 1e9 } })).toEqual({});
    expect(violations(writes, { ...held([0, 1]), read: { throughSequence: 1 } })).toEqual({});
    expect(violations(writes, { stored: [], read: { gone: true } })).toEqual({ 'lost writes': 1 });
  });
});
