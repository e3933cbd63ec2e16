import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { ackedLoss } from '../../src/checkers/acked-loss.js';
import type { ConsumerFacts, History, StreamFacts, StreamLook } from '../../src/contracts/history.js';
import {
  type MadeMessage,
  type MadeOperation,
  madeHistory,
  madeRead,
  madeReplica,
  madeStream,
  madeWriter,
  START_NS,
} from './made-history.js';
import { acknowledged, stored, without } from './made-run.js';

const endedNs = START_NS + 100 * NS.s;

interface Case {
  readonly config: StreamFacts['config'];
  readonly messages: readonly MadeMessage[];
  readonly operations?: readonly MadeOperation[];
  readonly foreign?: number;
  readonly endedSec?: number;
  readonly looks?: readonly (Partial<StreamLook> & { readonly atSec: number })[];
  readonly subjects?: readonly string[];
  readonly more?: Partial<History>;
}

function fates({ config, messages, foreign = 0, looks = [], more = {}, ...rest }: Case) {
  const { operations = acknowledged(10), endedSec, subjects } = rest;
  const read = madeRead('ORDERS', messages, { foreign });
  const history = madeHistory(
    [madeWriter(0, operations, subjects && { subjects })],
    [{ ...read, endedNs: endedSec === undefined ? endedNs : START_NS + endedSec * NS.s }],
    { streams: [madeStream('ORDERS', config, looks)], ...more },
  );
  const { verdict, counts } = ackedLoss.check(history, {});
  const { lost, evicted, perhapsEvicted } = counts;
  return { verdict, lost, evicted, perhapsEvicted };
}

const nothingButLost = (lost: number) => ({ verdict: 'fail', lost, evicted: 0, perhapsEvicted: 0 });
const evicted = (count: number) => ({ verdict: 'pass', lost: 0, evicted: count, perhapsEvicted: 0 });
const doubted = (count: number) => ({ verdict: 'unknown', lost: 0, evicted: 0, perhapsEvicted: count });
const all = stored(acknowledged(10));

describe('what the limits of a stream explain', () => {
  it('is what has as many later ones as the stream may hold', () => {
    expect(fates({ config: { max_msgs: 4 }, messages: all.slice(6) })).toEqual(evicted(6));
    expect(fates({ config: { max_msgs: 4 }, messages: all.slice(7) })).toEqual({
      verdict: 'fail',
      lost: 1,
      evicted: 6,
      perhapsEvicted: 0,
    });
    expect(fates({ config: { max_msgs: 4 }, messages: without(all, 1) })).toEqual(nothingButLost(1));
    expect(fates({ config: { max_msgs: 4, discard: 'new' }, messages: all.slice(6) })).toEqual(
      nothingButLost(6),
    );
  });

  it('is what was old enough when the read ended', () => {
    const config = { max_age: 5 * NS.s };
    expect(fates({ config, messages: all.slice(5), endedSec: 9.5 })).toEqual(evicted(5));
    expect(fates({ config, messages: all.slice(6), endedSec: 9.5 })).toEqual({
      verdict: 'unknown',
      lost: 0,
      evicted: 5,
      perhapsEvicted: 1,
    });
    expect(fates({ config, messages: without(all, 8), endedSec: 9.5 })).toEqual(nothingButLost(1));
    const skew = { id: 'f', kind: 'clock-skew', targets: [], fromNs: START_NS, toNs: 0 };
    expect(fates({ config, messages: without(all, 8), endedSec: 9.5, more: { faults: [skew] } })).toEqual(
      doubted(1),
    );
  });

  describe('of bytes', () => {
    const config = { max_bytes: 500 };
    const look = (
      firstSequence: number,
      bytes: number,
      more: { atSec?: number } & Partial<StreamLook> = {},
    ) => ({
      ...{ atSec: 50, firstSequence, lastSequence: 10, messages: 11 - firstSequence, bytes },
      ...more,
    });

    it('is what lies before as many as the stream may hold, once it was seen to be full', () => {
      expect(fates({ config, looks: [look(6, 500)], messages: all.slice(5) })).toEqual(evicted(5));
      expect(fates({ config, messages: all.slice(5) })).toEqual(doubted(5));
    });

    it('stays open in a stream that is nearly full, and was not seen to be', () => {
      const size = 5_000;
      const operations = acknowledged(100);
      const nearly = [{ atSec: 120, firstSequence: 11, lastSequence: 100, messages: 90, bytes: 90 * 46 }];
      const full = [{ ...nearly[0]!, bytes: 90 * 55 }];
      const of = (looks: typeof nearly) =>
        fates({ config: { max_bytes: size }, operations, looks, messages: stored(operations).slice(10) });
      // 100 messages of 46 bytes would have fitted in.
      expect(of(nearly)).toEqual(doubted(10));
      expect(of(full)).toEqual(evicted(10));
    });

    it('is not what was lost where less than half would have been taken', () => {
      expect(fates({ config, looks: [look(2, 9 * 20)], messages: all.slice(1) })).toEqual(nothingButLost(1));
    });

    it('stays open where messages were larger before', () => {
      const looks = [look(1, 400, { atSec: 2, lastSequence: 4, messages: 4 }), look(5, 60)];
      expect(fates({ config, looks, messages: all.slice(4) })).toEqual(doubted(4));
    });
  });

  it('stays open where others went from the middle, and the stream was not seen to be full', () => {
    const subjects = ['cim.events.orders.A', 'cim.events.orders.B'];
    const operations = acknowledged(10).map((each) => ({ ...each, subject: each.sequence % 2 }));
    const config = { max_msgs: 4, max_msgs_per_subject: 100 };
    const messages = all.slice(6);
    const look = { atSec: 50, firstSequence: 7, lastSequence: 10, messages: 4, bytes: 400 };
    const of = (looks: Case['looks'] = []) => fates({ config, operations, subjects, messages, looks });
    expect(of()).toEqual(doubted(6));
    expect(of([{ ...look, messages: 3 }])).toEqual(doubted(6));
    expect(of([look])).toEqual(evicted(6));
  });

  it('is what has as many later ones on its subject as may be kept of each', () => {
    const subjects = ['cim.events.orders.A', 'cim.events.orders.B'];
    const operations = acknowledged(10).map((each) => ({ ...each, subject: each.sequence % 2 }));
    const config = { max_msgs_per_subject: 2, discard: 'new' };
    expect(fates({ config, operations, subjects, messages: all.slice(6) })).toEqual(evicted(6));
    expect(fates({ config, operations, subjects, messages: without(all.slice(6), 7) })).toEqual({
      verdict: 'fail',
      lost: 1,
      evicted: 6,
      perhapsEvicted: 0,
    });
    // A delete marker of somebody else's may have been the second one.
    expect(fates({ config, operations, subjects, foreign: 1, messages: without(all.slice(6), 7) })).toEqual({
      verdict: 'unknown',
      lost: 0,
      evicted: 6,
      perhapsEvicted: 1,
    });
    expect(
      fates({
        config: { ...config, discard_new_per_subject: true },
        operations,
        subjects,
        messages: all.slice(6),
      }),
    ).toEqual(nothingButLost(6));
  });

  describe('by a limit for each subject', () => {
    const config = { max_msgs_per_subject: 1 };
    const stranger = (streamSequence: number, sequence = 77) => ({ writer: 9, sequence, streamSequence });

    it('may be what a stamped message of a load without a history has pushed out', () => {
      expect(fates({ config, operations: acknowledged(1), messages: [stranger(2)] })).toEqual(doubted(1));
      // One that stands before it has not.
      const later = acknowledged(1, 0, 5);
      expect(fates({ config, operations: later, messages: [stranger(2)] })).toEqual(nothingButLost(1));
    });

    it('may be what a write of a history that was cut short has pushed out', () => {
      const cut = madeWriter(1, [], { complete: false });
      const history = madeHistory(
        [madeWriter(0, acknowledged(1)), cut],
        [madeRead('ORDERS', [{ writer: 1, sequence: 4000, streamSequence: 2 }])],
        { streams: [madeStream('ORDERS', config)] },
      );
      expect(ackedLoss.check(history, {})).toMatchObject({
        verdict: 'unknown',
        counts: { lost: 0, perhapsEvicted: 1 },
      });
    });
  });

  describe('in a work queue', () => {
    const config = { retention: 'workqueue' };
    const reader = (acks: readonly number[]) =>
      madeWriter(
        1,
        acks.map((streamSequence, sequence) => ({
          kind: 'ack',
          sequence,
          streamSequence,
          outcome: 'ok',
          sentSec: 20,
        })),
        { subjects: ['ORDERS > worker'] },
      );
    const facts = (floor: number): ConsumerFacts => ({
      stream: 'ORDERS',
      consumer: 'worker',
      config: { ack_policy: 'explicit' },
      looks: [
        {
          atNs: START_NS,
          exists: true,
          deliveredStreamSequence: 10,
          ackFloorStreamSequence: floor,
          ackPending: 0,
          pending: 0,
          redelivered: 0,
        },
      ],
    });
    const check = (messages: readonly MadeMessage[], acks: readonly number[], floor?: number) => {
      const { verdict, counts } = ackedLoss.check(
        madeHistory([madeWriter(0, acknowledged(10)), reader(acks)], [madeRead('ORDERS', messages)], {
          streams: [madeStream('ORDERS', config)],
          consumers: floor === undefined ? [] : [facts(floor)],
        }),
        {},
      );
      return { verdict, lost: counts.lost, evicted: counts.evicted, perhapsEvicted: counts.perhapsEvicted };
    };

    it('is what a consumer acknowledged; its floor passes what was lost, too', () => {
      expect(check(all.slice(3), [1, 2, 3])).toEqual(evicted(3));
      expect(check(all.slice(4), [1, 2, 4], 4)).toEqual({
        verdict: 'unknown',
        lost: 0,
        evicted: 3,
        perhapsEvicted: 1,
      });
      expect(check(all.slice(4), [1, 2, 3])).toEqual({
        verdict: 'fail',
        lost: 1,
        evicted: 3,
        perhapsEvicted: 0,
      });
    });

    it('stays open for what a consumer was given whose acknowledgements are in no history', () => {
      const unrecorded = (consumers: readonly ConsumerFacts[], retention = 'workqueue') => {
        const { verdict, counts } = ackedLoss.check(
          madeHistory([madeWriter(0, acknowledged(10))], [madeRead('ORDERS', without(all, 3, 6))], {
            streams: [madeStream('ORDERS', { retention })],
            consumers,
          }),
          {},
        );
        return { verdict, lost: counts.lost, evicted: counts.evicted, perhapsEvicted: counts.perhapsEvicted };
      };
      const given = (deliveredStreamSequence: number, exists = true): ConsumerFacts => {
        const [look] = facts(0).looks;
        const last = { ...look!, atNs: START_NS + NS.s, exists };
        return { ...facts(0), looks: [{ ...look!, deliveredStreamSequence }, last].slice(0, exists ? 1 : 2) };
      };
      for (const retention of ['workqueue', 'interest']) {
        expect(unrecorded([given(10)], retention)).toEqual(doubted(2));
        expect(unrecorded([given(3, false)], retention)).toEqual(doubted(2));
        expect(unrecorded([given(5)], retention)).toEqual({
          verdict: 'fail',
          lost: 1,
          evicted: 0,
          perhapsEvicted: 1,
        });
      }
    });

    it('is not explained by what a consumer of the same name acknowledges of another stream', () => {
      const [look] = facts(0).looks;
      const other: ConsumerFacts = {
        ...facts(0),
        stream: 'BILLS',
        config: { ack_policy: 'all' },
        looks: [look!],
      };
      const { counts } = ackedLoss.check(
        madeHistory(
          [madeWriter(0, acknowledged(10)), reader([7])],
          [madeRead('ORDERS', without(all, 3, 6))],
          {
            streams: [madeStream('ORDERS', config)],
            consumers: [facts(0), other],
          },
        ),
        {},
      );
      expect(counts).toMatchObject({ lost: 1, evicted: 1, perhapsEvicted: 0 });
    });

    it('stays open while nobody knows who consumes it', () => {
      expect(fates({ config, messages: all.slice(3) })).toEqual(doubted(3));
    });
  });

  it('stays open where messages have a life of their own, or may be rolled up', () => {
    expect(fates({ config: { allow_msg_ttl: true }, messages: without(all, 3) })).toEqual(doubted(1));
    expect(fates({ config: { allow_rollup_hdrs: true }, messages: without(all, 3) })).toEqual(doubted(1));
  });

  it('tells of each node what is missing there, and in the story who still has it', () => {
    const history = madeHistory([madeWriter(0, acknowledged(10))], [madeRead('ORDERS', without(all, 3))], {
      replicas: [madeReplica('ORDERS', 'n1', without(all, 3)), madeReplica('ORDERS', 'n2', all)],
    });
    const result = ackedLoss.check(history, {});
    expect(result.counts).toMatchObject({ lost: 1, 'missing on n1': 1, 'missing on n2': 0 });
    expect(result.examples[0]).toMatch(/, and n2 still held it$/);
    expect(result.sentence).toBe('1 of 10 acknowledged events lost (1 middle); 1 missing on n1');
  });
});
