import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import type { ConsumerLook } from '../../../src/contracts/history.js';
import { digestOf } from './simulate-streams.js';
import { type Operation, START_NS, type World, type Writer } from './world.js';

export interface ConsumerSetting {
  readonly messages: number;
  readonly connections: number;
  /** By the server's own names. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly isWorkQueue: boolean;
  /** Whether the server is asked to answer acknowledgements. */
  readonly confirms: boolean;
  /** Shares: of deliveries and acknowledgements that get lost; of deliveries that nobody acknowledges, or refuses. */
  readonly lost: number;
  readonly unanswered: number;
  readonly refused: number;
}

export const STREAM = 'WORK';
export const CONSUMER = 'workers';
const SUBJECT = 'cim.events.WORK.a';
const LOOK_EVERY_NS = 50 * NS.ms;
const TIMEOUT_NS = 60 * NS.ms;
const MOST_NS = 5 * NS.s;
const MOST_PENDING = 8;

interface Step {
  readonly atNs: number;
  run(nowNs: number): void;
}

/**
 * A stream and one consumer of it that keep every promise: it delivers in order, again when its acknowledgement does not
 * come in time or it is refused, never more often than it may, and over connections that lose things but keep their order.
 */
export function simulateConsumer(random: Random, setting: ConsumerSetting): World {
  const { config, confirms, isWorkQueue } = setting;
  const ackWaitNs = Number(config.ack_wait);
  const mostDeliveries = Number(config.max_deliver ?? -1);
  const policy = config.ack_policy;
  const steps: Step[] = [];
  const publishes: Operation[] = [];
  const connections = Array.from({ length: setting.connections }, (_, i) => ({
    writer: 10 + i,
    operations: [] as Operation[],
    sequence: 0,
    arrivedNs: START_NS,
  }));
  let stored = 0;
  let delivered = 0;
  const times = new Map<number, number>();
  const deadline = new Map<number, number>();
  /** Of which the consumer expects nothing any more; and those among them that were not given up. */
  const settled = new Set<number>();
  const acknowledged = new Set<number>();
  const again: number[] = [];
  const looks: ConsumerLook[] = [];
  /** Answers that were sent and have not ended, and where they are written down when they do. */
  const open = new Map<Operation, Operation[]>();

  const stampOf = (s: number) => ({
    writer: 0,
    sequence: publishes.findIndex((one) => one.streamSequence === s),
  });
  const floor = (): number => {
    let at = 0;
    while (at < delivered && (settled.has(at + 1) || policy === 'none')) at++;
    return at;
  };
  const settle = (s: number): void => {
    if (policy === 'all') {
      for (let one = 1; one <= s; one++) settleOne(one);
    } else settleOne(s);
  };
  const settleOne = (s: number): void => {
    if (s > delivered) return;
    settled.add(s);
    acknowledged.add(s);
    deadline.delete(s);
    const waits = again.indexOf(s);
    if (waits >= 0) again.splice(waits, 1);
  };

  const close = (sent: Operation): void => {
    open.get(sent)?.push(sent);
    open.delete(sent);
  };

  const deliverAll = (nowNs: number): void => {
    for (;;) {
      const isAgain = again.length > 0;
      if (!isAgain && (deadline.size >= MOST_PENDING || delivered >= stored)) return;
      const s = isAgain ? again.shift()! : ++delivered;
      const count = (times.get(s) ?? 0) + 1;
      times.set(s, count);
      if (policy === 'none') settled.add(s);
      else {
        deadline.set(s, nowNs + ackWaitNs);
        steps.push({ atNs: nowNs + ackWaitNs, run: (at) => expire(s, count, at) });
      }
      if (random.next() < setting.lost) continue;
      const connection = random.pick(connections);
      connection.arrivedNs = Math.max(connection.arrivedNs + 1000, nowNs + (1 + random.below(20)) * NS.ms);
      const atNs = connection.arrivedNs;
      steps.push({ atNs, run: () => receive(connection, s, count, atNs) });
    }
  };
  const giveAgain = (s: number, nowNs: number): void => {
    deadline.delete(s);
    if (mostDeliveries > 0 && times.get(s)! >= mostDeliveries) settled.add(s);
    else again.push(s);
    deliverAll(nowNs);
  };
  const expire = (s: number, count: number, nowNs: number): void => {
    if (!settled.has(s) && deadline.has(s) && times.get(s) === count && deadline.get(s)! <= nowNs)
      giveAgain(s, nowNs);
  };

  const receive = (
    connection: (typeof connections)[number],
    s: number,
    count: number,
    atNs: number,
  ): void => {
    const made = (more: Partial<Operation>): Operation => ({
      ...{ kind: 'deliver', sequence: connection.sequence++, dueNs: atNs, sentNs: 0, doneNs: atNs },
      ...{ subject: `${STREAM} > ${CONSUMER}`, streamSequence: s, detail: count, value: undefined },
      ...{ outcome: 'ok', reason: '' },
      ...more,
    });
    connection.operations.push(made({ value: stampOf(s) }));
    if (policy === 'none' || random.next() < setting.unanswered) return;
    const drawn = random.next();
    const kind = drawn < setting.refused ? 'nak' : drawn < setting.refused + 0.05 ? 'term' : 'ack';
    const sentNs = atNs + (1 + random.below(10)) * NS.ms;
    const isLost = random.next() < setting.lost;
    const sent = made({ kind, dueNs: atNs, sentNs, doneNs: 0 });
    steps.push({ atNs: sentNs, run: () => void open.set(sent, connection.operations) });
    const end = (endNs: number) => steps.push({ atNs: endNs, run: () => close(sent) });
    if (!confirms) end(sentNs);
    else if (isLost) {
      Object.assign(sent, { outcome: 'unknown', reason: 'no answer', doneNs: sentNs + TIMEOUT_NS });
      end(sent.doneNs);
    }
    if (isLost) return;
    steps.push({
      atNs: sentNs + (1 + random.below(10)) * NS.ms,
      run: (nowNs) => {
        // The answer and what was delivered before it come in order.
        if (kind !== 'nak') settle(s);
        if (confirms) {
          connection.arrivedNs = Math.max(
            connection.arrivedNs + 1000,
            nowNs + (1 + random.below(10)) * NS.ms,
          );
          sent.doneNs = connection.arrivedNs;
          end(sent.doneNs);
        }
        if (kind === 'nak' && deadline.has(s) && times.get(s) === count) giveAgain(s, nowNs);
        deliverAll(nowNs);
      },
    });
  };

  let sentNs = START_NS;
  for (let i = 0; i < setting.messages; i++) {
    sentNs += (1 + random.below(20)) * NS.ms;
    const storedNs = sentNs + (1 + random.below(5)) * NS.ms;
    const isAnswered = random.next() > 0.1;
    const operation: Operation = {
      ...{ kind: 'publish', sequence: i, dueNs: sentNs, sentNs, doneNs: storedNs + NS.ms, subject: SUBJECT },
      ...{ streamSequence: i + 1, detail: 0, value: undefined, outcome: 'ok', reason: '' },
    };
    publishes.push(operation);
    if (!isAnswered)
      Object.assign(operation, { outcome: 'unknown', reason: 'no answer', doneNs: sentNs + 200 * NS.ms });
    steps.push({
      atNs: storedNs,
      run: (nowNs) => {
        stored = i + 1;
        deliverAll(nowNs);
      },
    });
    sentNs += 10 * NS.ms;
  }
  const look = (atNs: number): void => {
    looks.push({
      ...{ atNs, exists: true, deliveredStreamSequence: delivered, ackFloorStreamSequence: floor() },
      ...{ ackPending: deadline.size + again.length, pending: stored - delivered, redelivered: 0 },
    });
  };
  const untilNs = START_NS + random.pick([MOST_NS, sentNs - START_NS + 100 * NS.ms]);
  for (let atNs = START_NS - LOOK_EVERY_NS; atNs < untilNs; atNs += LOOK_EVERY_NS)
    steps.push({ atNs, run: () => look(atNs) });
  while (steps.length > 0) {
    let first = 0;
    for (let i = 1; i < steps.length; i++) if (steps[i]!.atNs < steps[first]!.atNs) first = i;
    const step = steps.splice(first, 1)[0]!;
    if (step.atNs > untilNs) break;
    step.run(step.atNs);
  }
  look(untilNs);
  for (const sent of [...open.keys()]) {
    if (confirms) Object.assign(sent, { outcome: 'unknown', reason: 'the load ended', doneNs: untilNs });
    close(sent);
  }

  const messages = publishes
    .filter(
      ({ streamSequence }) => streamSequence <= stored && !(isWorkQueue && acknowledged.has(streamSequence)),
    )
    .map(({ sequence, streamSequence }) => ({
      ...{ writer: 0, sequence, streamSequence },
      digest: digestOf(0, sequence),
    }));
  for (const operation of publishes) if (operation.outcome === 'unknown') operation.streamSequence = 0;
  const writers: Writer[] = [
    { load: 'orders', writer: 0, kinds: ['publish'], complete: true, givesIds: true, operations: publishes },
    ...connections.map(
      ({ writer, operations }): Writer => ({
        ...{
          load: 'work',
          writer,
          kinds: ['deliver', 'ack', 'nak', 'term'],
          complete: true,
          givesIds: false,
          operations,
        },
      }),
    ),
  ];
  const streamLooks = looks.map(({ atNs }) => ({
    ...{ atNs, exists: true, leader: 'n1', created: '2026-01-01T00:00:00Z', firstSequence: 1, bytes: 0 },
    ...{ lastSequence: stored, messages: stored },
  }));
  return {
    writers,
    streams: [
      {
        ...{ name: STREAM, subjects: [SUBJECT], fromSequence: 1, replicas: [] },
        config: isWorkQueue ? { retention: 'workqueue' } : {},
        looks: [streamLooks.at(-1)!],
        read: {
          messages,
          foreign: 0,
          throughSequence: stored,
          complete: true,
          gone: false,
          endedNs: untilNs,
        },
      },
    ],
    consumers: [{ stream: STREAM, consumer: CONSUMER, config, looks }],
    deliveries: [],
    faults: [],
  };
}
