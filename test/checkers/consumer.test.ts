import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { consumer } from '../../src/checkers/consumer.js';
import type { ConsumerFacts, History, StreamFacts } from '../../src/contracts/history.js';
import { madeConsumer } from './made-consumer.js';
import {
  type MadeOperation,
  madeHistory,
  madeRead,
  madeStream,
  madeWriter,
  START_NS,
} from './made-history.js';

const NAME = 'ORDERS > shipping';
const COUNT = 10;

const publishes: MadeOperation[] = Array.from({ length: COUNT }, (_, i) => ({
  sequence: i,
  outcome: 'ok',
  streamSequence: i + 1,
  sentSec: i,
  doneSec: i + 0.01,
}));

/** A delivery, a tenth of a second after its message was published unless told. */
const delivered = (streamSequence: number, doneSec = streamSequence - 0.9, detail = 1): MadeOperation => ({
  kind: 'deliver',
  sequence: 0,
  outcome: 'ok',
  streamSequence,
  detail,
  doneSec,
  value: { writer: 0, sequence: streamSequence - 1 },
});

/** An answer, confirmed a tenth of a second later unless told: `undefined` for one that nobody was asked to confirm. */
const answered = (
  kind: 'ack' | 'nak' | 'term',
  streamSequence: number,
  sentSec: number,
  doneSec: number | undefined = sentSec + 0.1,
): MadeOperation => ({
  ...{ kind, sequence: 0, outcome: 'ok', streamSequence, detail: 1, sentSec },
  ...(doneSec > 0 && { doneSec }),
});

const all = Array.from({ length: COUNT }, (_, i) => i + 1);
const processed = (sequences: readonly number[] = all): MadeOperation[] =>
  sequences.flatMap((sequence) => [delivered(sequence), answered('ack', sequence, sequence - 0.8)]);

const numbered = (operations: readonly MadeOperation[]): MadeOperation[] =>
  operations.map((operation, sequence) => ({ ...operation, sequence }));

interface Told {
  /** What each connection read, in this order. */
  readonly connections?: readonly (readonly MadeOperation[])[];
  readonly config?: ConsumerFacts['config'];
  readonly looks?: Parameters<typeof madeConsumer>[3];
  readonly stream?: StreamFacts;
  /** What the final read held. */
  readonly stored?: readonly number[];
  readonly more?: Partial<History>;
  readonly isComplete?: boolean;
}

const END = { atSec: 20, deliveredStreamSequence: COUNT, ackFloorStreamSequence: COUNT };

function check({
  connections = [processed()],
  config,
  looks = [END],
  stream,
  stored = all,
  more,
  isComplete,
}: Told) {
  const complete = isComplete ?? true;
  const history = madeHistory(
    [
      madeWriter(0, publishes),
      ...connections.map((operations, i) =>
        madeWriter(i + 1, numbered(operations), { load: 'ship', subjects: [NAME], complete }),
      ),
    ],
    [
      madeRead(
        'ORDERS',
        stored.map((streamSequence) => ({ writer: 0, sequence: streamSequence - 1, streamSequence })),
        { throughSequence: COUNT },
      ),
    ],
    {
      consumers: [madeConsumer('ORDERS', 'shipping', config, looks)],
      streams: [stream ?? madeStream('ORDERS', {}, [{ atSec: 30, lastSequence: COUNT }])],
      ...more,
    },
  );
  return consumer.check(history, {});
}

const without = (...sequences: number[]) => all.filter((sequence) => !sequences.includes(sequence));
const fault = (fromSec: number, toSec: number) => ({
  faults: [
    {
      id: 'kill-1',
      kind: 'node-kill',
      targets: ['n1'],
      fromNs: START_NS + fromSec * NS.s,
      toNs: START_NS + toSec * NS.s,
    },
  ],
});

describe('consumer', () => {
  it('passes when everything was delivered and acknowledged', () => {
    expect(check({})).toMatchObject({
      verdict: 'pass',
      sentence: '10 messages delivered by 1 consumers: at least once, and again only when allowed',
      counts: { selected: 10, deliveries: 10, messages: 10, confirmed: 10 },
      sets: [],
    });
  });

  it('is unknown without deliveries, without looks, and with a history that is not complete', () => {
    expect(check({ connections: [[]], looks: [{ atSec: 20, pending: 10 }] }).sentence).toContain(
      'nothing was delivered',
    );
    expect(check({ looks: [] })).toMatchObject({ verdict: 'unknown' });
    expect(check({ looks: [END, { atSec: 21, exists: false }] }).sentence).toContain(
      'ORDERS > shipping is gone',
    );
    expect(check({ isComplete: false, connections: [processed(without(4))] })).toMatchObject({
      verdict: 'unknown',
      counts: { undelivered: 0, unexplained: 1 },
    });
  });

  it('leaves ordered consumers out: the servers know none of their names', () => {
    const result = consumer.check(
      madeHistory([madeWriter(1, numbered([delivered(1)]), { subjects: ['ORDERS > ordered-ship-0-0'] })], []),
      {},
    );
    expect(result).toMatchObject({ verdict: 'unknown', counts: { messages: 0 } });
  });

  describe('at least once', () => {
    it('fails when the floor passed what nobody was given', () => {
      const result = check({ connections: [processed(without(4))] });
      expect(result).toMatchObject({ verdict: 'fail', counts: { undelivered: 1 } });
      expect(result.sets).toMatchObject([{ meaning: 'violation', count: 1, overTime: [[3, 1]] }]);
      expect(result.examples).toEqual([
        't = +3.0 s: orders/0 #3 to cim.events.orders.Placed, acknowledged 10 ms later as ORDERS sequence 4, ' +
          'never seen by ORDERS > shipping, whose ack floor is 10',
      ]);
    });

    it('lets so many be pending as the server says, and no more', () => {
      const connections = [processed([1, 2, 3])];
      const look = (ackPending: number, pending: number) => ({
        looks: [{ atSec: 20, deliveredStreamSequence: 6, ackFloorStreamSequence: 3, ackPending, pending }],
      });
      expect(check({ connections, ...look(3, 4) })).toMatchObject({
        verdict: 'pass',
        counts: { pending: 7 },
      });
      expect(check({ connections, ...look(1, 4) })).toMatchObject({
        verdict: 'fail',
        counts: { forgotten: 2, pending: 5 },
      });
      expect(check({ connections, ...look(3, 3) })).toMatchObject({
        verdict: 'fail',
        counts: { skipped: 1 },
      });
    });

    it('does not count as left what was published after the look', () => {
      const result = check({
        connections: [processed([1, 2, 3])],
        looks: [{ atSec: 5, deliveredStreamSequence: 3, ackFloorStreamSequence: 3, pending: 2 }],
      });
      expect(result).toMatchObject({ verdict: 'pass', counts: { pending: 7, skipped: 0 } });
    });

    it('says what is neither delivered nor there, unless limits may have removed it', () => {
      const told: Told = { connections: [processed(without(4))], stored: without(4) };
      expect(check(told)).toMatchObject({ verdict: 'fail', counts: { gone: 1 } });
      expect(check({ ...told, stream: madeStream('ORDERS', { max_age: 5 * NS.s }) })).toMatchObject({
        verdict: 'pass',
        counts: { gone: 0, evicted: 1 },
      });
    });

    it('expects only what its filter selects', () => {
      const connections = [processed(without(4))];
      const config = { filter_subject: 'cim.events.orders.Paid' };
      expect(check({ connections, config })).toMatchObject({ verdict: 'pass', counts: { selected: 0 } });
      const some = { filter_subjects: ['cim.events.orders.Paid', 'cim.events.*.Placed'] };
      expect(check({ connections, config: some })).toMatchObject({
        verdict: 'fail',
        counts: { selected: 10 },
      });
    });

    it('expects what lies behind where it began', () => {
      const connections = [processed(without(4))];
      const from = (config: ConsumerFacts['config']) => check({ connections, config }).counts;
      expect(from({ deliver_policy: 'by_start_sequence', opt_start_seq: 5 })).toMatchObject({
        selected: 6,
        undelivered: 0,
      });
      expect(from({ deliver_policy: 'new' })).toMatchObject({ selected: 0 });
      const looks = [{ atSec: 2.5 }, END];
      expect(check({ connections, config: { deliver_policy: 'new' }, looks }).counts).toMatchObject({
        selected: 7,
        undelivered: 1,
      });
    });

    it('holds nothing against a consumer that had not to be told, or was not to try again', () => {
      const connections = [processed(without(4))];
      for (const config of [{ ack_policy: 'none' }, { ack_policy: 'all' }]) {
        expect(check({ connections, config })).toMatchObject({ verdict: 'pass', counts: { covered: 1 } });
      }
      expect(check({ connections, config: { max_deliver: 3 } })).toMatchObject({
        verdict: 'pass',
        counts: { exhausted: 1 },
      });
    });

    it('holds nothing against one that has given up what lies behind a message that still waits', () => {
      const connections = [processed(without(3, 4, 5))];
      const looks = [{ ...END, ackFloorStreamSequence: 2, ackPending: 1 }];
      expect(check({ connections, looks, config: { max_deliver: 1 } })).toMatchObject({
        verdict: 'pass',
        counts: { pending: 1, exhausted: 2, forgotten: 0 },
      });
      expect(check({ connections, looks })).toMatchObject({ verdict: 'fail', counts: { forgotten: 2 } });
    });
  });

  describe('the ack floor', () => {
    const looksOf = (...floors: number[]) =>
      floors.map((ackFloorStreamSequence, i) => ({
        atSec: 20 + i,
        deliveredStreamSequence: COUNT,
        ackFloorStreamSequence,
      }));

    it('never falls, but for what one who was cut off may have said', () => {
      expect(check({ looks: looksOf(10, 7, 10) })).toMatchObject({
        verdict: 'fail',
        counts: { floorFell: 1 },
      });
      const inFault = check({ looks: looksOf(10, 7, 10), more: fault(5, 12) });
      expect(inFault).toMatchObject({ verdict: 'pass', counts: { floorFell: 0, floorFellInFault: 1 } });
      expect(check({ looks: looksOf(10, 7, 7), more: fault(5, 11.5) })).toMatchObject({
        verdict: 'fail',
        counts: { floorFell: 1, floorFellInFault: 1 },
      });
    });

    it('is never beyond its stream', () => {
      const result = check({ looks: looksOf(10, 12) });
      expect(result).toMatchObject({ verdict: 'fail', counts: { floorBeyond: 1 } });
      expect(result.examples[0]).toContain('beyond its stream, whose last sequence was 10 later');
    });

    it('never passes what was delivered and not acknowledged', () => {
      const connections = [[...processed(without(4)), delivered(4)]];
      expect(check({ connections })).toMatchObject({ verdict: 'fail', counts: { floorPassed: 1 } });
      expect(check({ connections, looks: looksOf(3, 3) }).counts.floorPassed).toBe(0);
      const unknown: MadeOperation = { ...answered('ack', 4, 5), outcome: 'unknown' };
      for (const answer of [unknown, answered('term', 4, 5), answered('ack', 4, 5, 0)]) {
        expect(check({ connections: [[...connections[0]!, answer]] }).counts.floorPassed).toBe(0);
      }
      const failed: MadeOperation = { ...answered('ack', 4, 5), outcome: 'failed' };
      for (const answer of [failed, answered('nak', 4, 5), answered('ack', 4, 22)]) {
        const [told] = [check({ connections: [[...connections[0]!, answer]], looks: looksOf(10, 10) })];
        expect(told.counts.floorPassed).toBe(1);
      }
    });

    it('passes with ack: all whatever lies before an acknowledgement', () => {
      const config = { ack_policy: 'all' };
      const connections = [[...all.map((sequence) => delivered(sequence)), answered('ack', 8, 11)]];
      expect(check({ connections, config, looks: looksOf(8) })).toMatchObject({ counts: { floorPassed: 0 } });
      expect(check({ connections, config, looks: looksOf(9) })).toMatchObject({ counts: { floorPassed: 1 } });
    });

    it('passes what was delivered as often as it may be, be it that nobody saw the last delivery', () => {
      const seenOnce = [[...processed(without(4)), delivered(4)]];
      expect(check({ connections: seenOnce, config: { max_deliver: 2 } }).verdict).toBe('pass');
      const connections = [[...processed(without(4)), delivered(4), delivered(4, 35, 2)]];
      expect(check({ connections, config: { max_deliver: 2 } })).toMatchObject({
        verdict: 'pass',
        counts: { redelivered: 1 },
      });
    });
  });

  describe('redelivery', () => {
    it('is allowed when the time to acknowledge was over', () => {
      const connections = [
        [...processed(without(4)), delivered(4), delivered(4, 35, 2), answered('ack', 4, 36)],
      ];
      expect(check({ connections })).toMatchObject({ verdict: 'pass', counts: { redelivered: 1, early: 0 } });
    });

    it('fails after a confirmation on the same connection', () => {
      const connections = [[...processed(), delivered(4, 40, 2)]];
      const result = check({ connections });
      expect(result).toMatchObject({ verdict: 'fail', counts: { afterConfirmation: 1 } });
      expect(result.examples).toEqual([
        't = +40.0 s: ORDERS > shipping delivered sequence 4, delivery 2, 36.7 s after its acknowledgement was confirmed',
      ]);
    });

    it('fails after a confirmation on another connection when it cannot have been on its way', () => {
      const others = processed(without(4));
      expect(check({ connections: [processed([4]), [...others, delivered(4, 40, 2)]] })).toMatchObject({
        verdict: 'fail',
        counts: { afterConfirmation: 1, onItsWay: 0 },
      });
      expect(check({ connections: [processed(), [delivered(4, 40, 2)]] })).toMatchObject({
        verdict: 'pass',
        counts: { afterConfirmation: 0, onItsWay: 1 },
      });
    });

    it('may follow an acknowledgement that nobody confirmed', () => {
      const unconfirmed = [...processed(without(4)), delivered(4), answered('ack', 4, 4, 0)];
      expect(check({ connections: [[...unconfirmed, delivered(4, 40, 2)]] })).toMatchObject({
        verdict: 'pass',
      });
    });

    it('never goes beyond max-deliver', () => {
      const connections = [
        [...processed(without(4)), delivered(4), delivered(4, 35, 2), delivered(4, 70, 3)],
      ];
      expect(check({ connections, config: { max_deliver: 2 } })).toMatchObject({
        verdict: 'fail',
        counts: { beyondMaxDeliver: 1 },
      });
    });

    const early = (
      between: readonly MadeOperation[] = [],
      config: ConsumerFacts['config'] = {},
      more = {},
      isComplete = true,
    ) =>
      check({
        isComplete,
        connections: [
          [...processed(), delivered(10, 9.3, 2), ...between]
            .filter((o) => !isOf(o, 10) || o.detail === 2 || o.kind === 'deliver')
            .concat(answered('ack', 10, 15)),
        ],
        config,
        more,
      }).counts;
    const isOf = ({ streamSequence, kind }: MadeOperation, sequence: number) =>
      kind === 'ack' && streamSequence === sequence;

    it('fails before ack-wait is over, unless it was refused or a fault explains it', () => {
      expect(early()).toMatchObject({ early: 1 });
      expect(early([answered('nak', 10, 9.2)])).toMatchObject({ early: 0, redelivered: 1 });
      // Answered in the same turn in which it was read.
      expect(early([answered('nak', 10, 9.1)])).toMatchObject({ early: 0, redelivered: 1 });
      expect(early([], {}, fault(2, 4))).toMatchObject({ early: 0 });
      expect(early([], { ack_wait: 0.1 * NS.s })).toMatchObject({ early: 0, earlyPerhaps: 0 });
      expect(early([], { backoff: [0.1 * NS.s, NS.s] })).toMatchObject({ early: 0 });
      // What was cut off from a history may have been a refusal.
      expect(early([], {}, {}, false)).toMatchObject({ early: 0, earlyPerhaps: 1 });
    });

    it('does not blame a server for what may have waited on the way', () => {
      const late = [delivered(1, 40), delivered(1, 41, 2), answered('ack', 1, 42)];
      expect(check({ connections: [[...late, ...processed(without(1))]] })).toMatchObject({
        verdict: 'pass',
        counts: { early: 0, earlyPerhaps: 1 },
      });
      // What came before it on that connection was sent later than that.
      expect(
        check({ connections: [[...processed(without(1)), answered('ack', 10, 39), ...late]] }),
      ).toMatchObject({
        counts: { early: 1, earlyPerhaps: 0 },
      });
      expect(
        check({
          connections: [[...processed(without(1)), answered('ack', 10, 39), ...late]],
          config: { num_replicas: 3 },
        }),
      ).toMatchObject({ counts: { early: 0, earlyPerhaps: 1 } });
    });
  });

  describe('of a work queue', () => {
    const stream = madeStream('ORDERS', { retention: 'workqueue' });

    it('passes when everything was processed and removed', () => {
      expect(check({ stream, stored: [] })).toMatchObject({
        verdict: 'pass',
        counts: { unprocessed: 0, left: 0 },
      });
    });

    it('fails when something was removed that nobody acknowledged', () => {
      const connections = [[...processed(without(4)), delivered(4)]];
      const looks = [{ ...END, ackFloorStreamSequence: 3, ackPending: 1 }];
      expect(check({ stream, connections, looks, stored: [4] })).toMatchObject({
        verdict: 'pass',
        counts: { left: 1 },
      });
      expect(check({ stream, connections, looks, stored: [] })).toMatchObject({
        verdict: 'fail',
        counts: { unprocessed: 1 },
      });
    });

    it('gives to no consumer what another one has acknowledged', () => {
      const other = madeWriter(2, numbered([...processed([9]), delivered(4, 40)]), {
        subjects: ['ORDERS > billing'],
      });
      const history = madeHistory(
        [
          madeWriter(0, publishes),
          madeWriter(1, numbered(processed(without(9))), { subjects: [NAME] }),
          other,
        ],
        [madeRead('ORDERS', [], { throughSequence: COUNT })],
        {
          consumers: [
            madeConsumer('ORDERS', 'shipping', {}, [END]),
            madeConsumer('ORDERS', 'billing', {}, [END]),
          ],
          streams: [stream],
        },
      );
      expect(consumer.check(history, {})).toMatchObject({
        verdict: 'fail',
        counts: { afterConfirmation: 1 },
      });
    });
  });
});
