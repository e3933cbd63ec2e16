import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { ackedLoss } from '../../src/checkers/acked-loss.js';
import type { Outcome } from '../../src/contracts/history.js';
import {
  type MadeMessage,
  type MadeOperation,
  madeHistory,
  madeRead,
  madeStream,
  madeWriter,
  START_NS,
} from './made-history.js';
import { acknowledged, stored, without } from './made-run.js';

const checkOne = (
  operations: readonly MadeOperation[],
  messages: readonly MadeMessage[],
  read: Parameters<typeof madeRead>[2] = {},
  writer: Parameters<typeof madeWriter>[2] = {},
) =>
  ackedLoss.check(madeHistory([madeWriter(0, operations, writer)], [madeRead('ORDERS', messages, read)]), {});

describe('acked-loss', () => {
  it('passes when everything that was acknowledged was read', () => {
    const operations = acknowledged(10);
    expect(checkOne(operations, stored(operations))).toEqual({
      name: 'acked-loss',
      verdict: 'pass',
      sentence: '0 of 10 acknowledged events lost',
      counts: {
        acknowledged: 10,
        lost: 0,
        prefix: 0,
        middle: 0,
        postfix: 0,
        notReached: 0,
        perhapsEvicted: 0,
        evicted: 0,
        unknownButRead: 0,
        failedButRead: 0,
        read: 10,
      },
      sets: [],
      examples: [],
    });
  });

  it('fails when one is missing, and says where it stood', () => {
    const operations = acknowledged(10);
    const result = checkOne(operations, without(stored(operations), 0, 1, 4, 9));
    expect(result.verdict).toBe('fail');
    expect(result.counts).toMatchObject({ lost: 4, prefix: 2, middle: 1, postfix: 1, read: 6 });
    expect(result.sentence).toBe('4 of 10 acknowledged events lost (2 prefix, 1 middle, 1 postfix)');
  });

  it('does not call lost, nor safe, what a stream with limits of its own may have removed', () => {
    const operations = acknowledged(10);
    const history = madeHistory(
      [madeWriter(0, operations)],
      [madeRead('ORDERS', without(stored(operations), 0, 1))],
      { streams: [madeStream('ORDERS', { max_age: NS.s })] },
    );
    const result = ackedLoss.check(history, {});
    expect(result).toMatchObject({ verdict: 'unknown', counts: { lost: 0, prefix: 0, perhapsEvicted: 2 } });
    expect(result.sentence).toBe(
      '0 of 10 acknowledged events lost, as far as known: 2 are gone from streams whose limits may have removed them (max_age)',
    );
  });

  it('calls everything lost that a stream had acknowledged which has vanished', () => {
    const operations = acknowledged(3);
    const history = madeHistory([madeWriter(0, operations)], [madeRead('ORDERS', [], { gone: true })], {
      streams: [madeStream('ORDERS', { max_age: NS.s })],
    });
    expect(ackedLoss.check(history, {})).toMatchObject({
      verdict: 'fail',
      counts: { lost: 3, prefix: 3 },
      sentence: expect.stringContaining(
        '3 of 3 acknowledged events lost (3 prefix); the stream ORDERS has vanished',
      ),
      examples: expect.arrayContaining([expect.stringMatching(/as ORDERS sequence 1, ORDERS had vanished$/)]),
    });
  });

  it('says first of a stream that vanished before anything was acknowledged what is certain', () => {
    const operations = acknowledged(3).map((each) => ({ ...each, outcome: 'unknown' as const }));
    const history = madeHistory([madeWriter(0, operations)], [madeRead('ORDERS', [], { gone: true })]);
    expect(ackedLoss.check(history, {})).toMatchObject({
      verdict: 'unknown',
      counts: { acknowledged: 0, lost: 0 },
      sentence:
        'the stream ORDERS has vanished; no operation was acknowledged, so nothing can be said about loss',
    });
  });

  it('tells the story of what was lost: when, which, acknowledged as what, during which fault, last seen where', () => {
    const operations = acknowledged(10);
    const { examples } = ackedLoss.check(
      madeHistory([madeWriter(0, operations)], [madeRead('ORDERS', without(stored(operations), 4))], {
        faults: [
          {
            id: 'fault-1',
            kind: 'node-kill',
            targets: ['n1'],
            fromNs: START_NS + 3 * NS.s,
            toNs: START_NS + 5 * NS.s,
          },
          {
            id: 'fault-2',
            kind: 'partition',
            targets: ['n2'],
            fromNs: START_NS + 6 * NS.s,
            toNs: START_NS + 7 * NS.s,
          },
        ],
      }),
      {},
    );
    expect(examples).toEqual([
      't = +4.0 s: orders/0 #4, to cim.events.orders.Placed, acknowledged 12 ms later as ORDERS sequence 5, during fault-1 (node-kill), ORDERS was read to sequence 10 and held #0 to #9 of this writer',
    ]);
  });

  it('tells no more than 32 of them, of as many as there are', () => {
    const operations = acknowledged(100);
    const result = checkOne(operations, stored(operations).slice(-1));
    expect(result.counts.prefix).toBe(99);
    expect(result.examples).toHaveLength(32);
    expect(result.examples[0]).toContain('#0,');
    expect(result.examples.at(-1)).toContain('#98,');
  });

  it('does not miss what nobody acknowledged, and counts it when it is there', () => {
    const operations: MadeOperation[] = [
      ...acknowledged(3),
      { sequence: 3, outcome: 'unknown', reason: 'timeout' },
      { sequence: 4, outcome: 'unknown', reason: 'timeout' },
      { sequence: 5, outcome: 'failed', reason: 'no responders' },
    ];
    const messages = [...stored(operations.slice(0, 3)), { writer: 0, sequence: 4, streamSequence: 4 }];
    expect(checkOne(operations, messages)).toMatchObject({
      verdict: 'pass',
      counts: { acknowledged: 3, lost: 0, unknownButRead: 1, failedButRead: 0, read: 4 },
    });
  });

  it('fails when one that was refused can be read', () => {
    const operations: MadeOperation[] = [
      ...acknowledged(3),
      { sequence: 3, outcome: 'failed', reason: 'no responders', sentSec: 3 },
    ];
    const result = checkOne(operations, [
      ...stored(acknowledged(3)),
      { writer: 0, sequence: 3, streamSequence: 4 },
    ]);
    expect(result).toMatchObject({
      verdict: 'fail',
      sentence: '0 of 3 acknowledged events lost; 1 event that was refused can be read',
      counts: { lost: 0, failedButRead: 1 },
    });
    expect(result.examples[0]).toContain('no responders');
  });

  it('knows nothing when nothing was acknowledged, or nothing read', () => {
    expect(checkOne([{ sequence: 0, outcome: 'unknown' }], []).verdict).toBe('unknown');
    expect(checkOne([], []).verdict).toBe('unknown');
    expect(ackedLoss.check(madeHistory([], []), {}).verdict).toBe('unknown');
    const result = checkOne(acknowledged(5), []);
    expect(result).toMatchObject({ verdict: 'unknown', counts: { acknowledged: 5, lost: 0, notReached: 5 } });
    expect(result.sentence).toBe('0 of 5 acknowledged events lost, as far as known: nothing was read back');
  });

  it('does not take what an unfinished read had not reached for lost, nor for safe', () => {
    const operations = acknowledged(10);
    const unfinished = { complete: false, gaveUp: 'the leader was gone for 30 s' };
    const result = checkOne(operations, stored(operations).slice(0, 6), unfinished);
    expect(result).toMatchObject({ verdict: 'unknown', counts: { lost: 0, notReached: 4 } });
    expect(result.sentence).toBe(
      '0 of 10 acknowledged events lost, as far as known: 4 were not reached; reading ORDERS gave up: the leader was gone for 30 s',
    );
    const withHole = checkOne(operations, without(stored(operations).slice(0, 6), 3), unfinished);
    expect(withHole).toMatchObject({ verdict: 'fail', counts: { lost: 1, middle: 1, notReached: 4 } });
  });

  it('does not call lost what was acknowledged beyond the end of a read that was over', () => {
    const operations = acknowledged(10);
    const early = { throughSequence: 8 };
    const messages = stored(operations).slice(0, 8);
    expect(checkOne(operations, messages, early)).toMatchObject({
      verdict: 'unknown',
      counts: { lost: 0, notReached: 2 },
    });
    expect(checkOne(operations, without(messages, 7), early)).toMatchObject({
      verdict: 'fail',
      counts: { lost: 1, postfix: 1, notReached: 2 },
    });
  });

  it('passes on an unfinished read that had everything', () => {
    const operations = acknowledged(10);
    expect(checkOne(operations, stored(operations), { complete: false }).verdict).toBe('pass');
  });

  it('does not vouch for a writer whose history ends too early', () => {
    const operations = acknowledged(10);
    const cut = { complete: false };
    expect(checkOne(operations, stored(operations), {}, cut)).toMatchObject({
      verdict: 'unknown',
      sentence: '0 of 10 acknowledged events lost, as far as known: the history of orders/0 is not complete',
    });
    expect(checkOne(operations, without(stored(operations), 4), {}, cut).verdict).toBe('fail');
  });

  it('looks for every event in the stream that captures it', () => {
    const subjects = ['cim.events.orders.Placed', 'cim.events.audit.Read', 'elsewhere'];
    const operations: MadeOperation[] = [0, 1, 2, 3, 4, 5].map((sequence) => ({
      sequence,
      outcome: 'ok',
      subject: sequence % 2,
      streamSequence: Math.floor(sequence / 2) + 1,
    }));
    const of = (subject: number) => stored(operations.filter((operation) => operation.subject === subject));
    const writer = madeWriter(0, operations, { subjects });
    const check = (...reads: Parameters<typeof madeHistory>[1]) =>
      ackedLoss.check(madeHistory([writer], reads), {});
    expect(check(madeRead('ORDERS', of(0)), madeRead('AUDIT', of(1))).verdict).toBe('pass');
    // All of one stream is gone, and its read was complete: the other stream's events do not make up for it.
    expect(check(madeRead('ORDERS', of(0)), madeRead('AUDIT', []))).toMatchObject({
      verdict: 'fail',
      counts: { lost: 3, prefix: 3 },
    });
    expect(check(madeRead('ORDERS', of(0)))).toMatchObject({ verdict: 'unknown', counts: { notReached: 3 } });
    expect(check(madeRead('ORDERS', of(0).slice(0, 2)), madeRead('AUDIT', of(1)))).toMatchObject({
      verdict: 'fail',
      counts: { lost: 1, postfix: 1 },
    });
  });

  it('counts messages that no history knows, and finds no fault in them', () => {
    const operations = acknowledged(3);
    const strangers = [
      { writer: 9, sequence: 0, streamSequence: 4 },
      { writer: 0, sequence: 2 ** 39, streamSequence: 5 },
    ];
    expect(checkOne(operations, [...stored(operations), ...strangers])).toMatchObject({
      verdict: 'pass',
      counts: { read: 3 },
    });
  });

  it('counts an event that was read twice once', () => {
    const operations = acknowledged(3);
    expect(checkOne(operations, [...stored(operations), ...stored(operations)]).counts.read).toBe(3);
  });
});

describe('acked-loss, held against an obvious way to count', () => {
  interface Fate {
    readonly writer: number;
    readonly stream: 0 | 1;
    readonly outcome: Outcome;
    readonly isStored: boolean;
  }
  const STREAMS = ['ORDERS', 'AUDIT'];
  const fate: fc.Arbitrary<Fate> = fc.record({
    writer: fc.nat(2),
    stream: fc.constantFrom(0 as const, 1 as const),
    outcome: fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'failed', 'unknown'),
    isStored: fc.boolean(),
  });

  it('finds every planted loss, and says the same of where it stood', () => {
    const gaps = fc.record({
      fates: fc.array(fate, { minLength: 1, maxLength: 60 }),
      /** What happens to be stored is mostly what was acknowledged. */
      isHonest: fc.boolean(),
      /** How many messages each read got to; a large one got to the end. */
      reached: fc.tuple(fc.nat(40), fc.nat(40)),
      isComplete: fc.tuple(fc.boolean(), fc.boolean()),
    });
    fc.assert(
      fc.property(gaps, ({ fates, isHonest, reached, isComplete }) => {
        const next = [0, 0, 0];
        const ends = [0, 0];
        const all = fates.map(({ writer, stream, outcome, isStored }) => {
          const stays = isHonest ? outcome === 'ok' || (outcome === 'unknown' && isStored) : isStored;
          const hasPlace = outcome === 'ok' || stays;
          if (hasPlace) ends[stream]!++;
          return {
            writer,
            stream,
            outcome,
            stays,
            sequence: next[writer]!++,
            place: hasPlace ? ends[stream]! : 0,
          };
        });
        const kept = STREAMS.map((_, stream) => {
          const messages = all.filter((one) => one.stays && one.stream === stream);
          return isComplete[stream] ? messages : messages.slice(0, reached[stream]);
        });
        const result = ackedLoss.check(
          madeHistory(
            [0, 1, 2].map((writer) =>
              madeWriter(
                writer,
                all
                  .filter((one) => one.writer === writer)
                  .map(({ sequence, outcome, stream, place }) => ({
                    sequence,
                    outcome,
                    subject: stream,
                    streamSequence: outcome === 'ok' ? place : 0,
                  })),
                { subjects: ['cim.events.orders.Placed', 'cim.events.audit.Read'] },
              ),
            ),
            STREAMS.map((stream, i) =>
              madeRead(
                stream,
                kept[i]!.map(({ writer, sequence, place }) => ({ writer, sequence, streamSequence: place })),
                { complete: isComplete[i]! },
              ),
            ),
          ),
          {},
        );

        const readMessages = kept.flat();
        const isRead = (one: (typeof all)[number]) => readMessages.includes(one);
        const missing = all.filter((one) => one.outcome === 'ok' && !isRead(one));
        const counts = { prefix: 0, middle: 0, postfix: 0, notReached: 0 };
        for (const one of missing) {
          const read = kept[one.stream]!;
          const isBeyond = !read.some(({ place }) => place >= one.place);
          const own = read.filter(({ writer }) => writer === one.writer);
          if (readMessages.length === 0 || (!isComplete[one.stream] && isBeyond)) counts.notReached++;
          else if (own.every(({ sequence }) => sequence > one.sequence)) counts.prefix++;
          else if (own.every(({ sequence }) => sequence < one.sequence)) counts.postfix++;
          else counts.middle++;
        }
        const failedButRead = all.filter((one) => one.outcome === 'failed' && isRead(one)).length;
        const ok = all.filter(({ outcome }) => outcome === 'ok').length;
        const lost = missing.length - counts.notReached;
        expect(result.counts).toEqual({
          ...counts,
          acknowledged: ok,
          lost,
          perhapsEvicted: 0,
          evicted: 0,
          unknownButRead: all.filter((one) => one.outcome === 'unknown' && isRead(one)).length,
          failedButRead,
          read: readMessages.length,
        });
        const isUnknown = ok === 0 || counts.notReached > 0 || readMessages.length === 0;
        expect(result.verdict).toBe(lost + failedButRead > 0 ? 'fail' : isUnknown ? 'unknown' : 'pass');
        expect(result.examples).toHaveLength(Math.min(32, lost + failedButRead));
      }),
      { seed: 31, numRuns: 1500 },
    );
  });
});
