import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import { digestOf } from './simulate-streams.js';
import { type Operation, START_NS, type Stamp, type World, type Writer } from './world.js';

export interface BucketSetting {
  /** Operations of each client, at most. */
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  /** How long a replica may answer what was true before; 0: every read is answered by the leader. */
  readonly staleNs: number;
  readonly unanswered: number;
}

/** A revision of a key; `value` is undefined for what was there before the run, without a stamp. */
export interface Revision {
  readonly key: string;
  readonly revision: number;
  readonly value: Stamp | undefined;
  readonly fromNs: number;
}

export interface BucketScene {
  readonly world: World;
  /** All revisions of all keys, in the order of the stream. */
  readonly revisions: readonly Revision[];
}

export const BUCKET = 'KV_SIM';
const TIMEOUT_NS = 100 * NS.ms;

interface Step {
  readonly atNs: number;
  run(): void;
}

/**
 * Clients of a key-value bucket that keeps every promise: each has a few operations in flight at a time, each operation
 * takes effect at one instant between its sending and its answer, those without an answer at any later instant or
 * never. A read may be answered by a replica, which is behind by up to `staleNs`.
 */
export function simulateBucket(random: Random, setting: BucketSetting): BucketScene {
  const keys = Array.from({ length: setting.keys }, (_, i) => `$KV.SIM.k${i}`);
  const revisions: Revision[] = [];
  let lastSequence = random.below(5);
  const fromSequence = lastSequence + 1 + keys.length;
  for (const key of keys) {
    lastSequence++;
    if (random.next() < 0.5)
      revisions.push({ key, revision: lastSequence, value: undefined, fromNs: START_NS - NS.s });
  }
  lastSequence = fromSequence - 1;

  const steps: Step[] = [];
  const currentOf = (key: string, atNs: number): Revision | undefined =>
    revisions.findLast((revision) => revision.key === key && revision.fromNs <= atNs);
  const write = (key: string, value: Stamp, atNs: number): number => {
    revisions.push({ key, revision: ++lastSequence, value, fromNs: atNs });
    return lastSequence;
  };

  const writers: Writer[] = Array.from({ length: setting.clients }, (_, writer) => {
    const own = random.fork(`client ${writer}`);
    const operations: Operation[] = [];
    const known = new Map<string, number>();
    const window = 1 + own.below(3);
    const count = own.below(setting.operations + 1);
    let sequence = 0;
    /** One of the client's places in its window: the next operation is sent when the last one has ended. */
    const sendNext = (atNs: number): void => {
      if (sequence === count) return;
      const sentNs = atNs + 1 + own.below(10) * NS.ms;
      const effectNs = sentNs + 1 + own.below(10 * NS.ms);
      const doneNs = effectNs + 1 + own.below(10 * NS.ms);
      const key = own.pick(keys);
      const kind = own.pick(['put', 'compare-and-set', 'compare-and-set', 'get'] as const);
      const isAnswered = own.next() >= setting.unanswered;
      const operation: Operation = {
        ...{ kind, sequence: sequence++, dueNs: sentNs, sentNs, doneNs, subject: key, streamSequence: 0 },
        ...{ detail: 0, value: undefined, outcome: 'ok', reason: '' },
      };
      const stamp = { writer, sequence: operation.sequence };
      steps.push({
        atNs: sentNs,
        run: () => {
          operations.push(operation);
          if (kind === 'compare-and-set') operation.detail = known.get(key) ?? 0;
        },
      });
      const takesEffect = isAnswered || own.next() < 0.5;
      // What is not answered may be done late: even after its client has given it up.
      const atEffectNs = isAnswered ? effectNs : effectNs + own.below(3) * TIMEOUT_NS;
      if (takesEffect && kind !== 'get')
        steps.push({ atNs: atEffectNs, run: () => apply(operation, stamp, isAnswered, atEffectNs) });
      if (takesEffect && isAnswered && kind === 'get') {
        const seenNs =
          own.next() < 0.5 ? effectNs : Math.max(START_NS, effectNs - own.below(setting.staleNs + 1));
        steps.push({
          atNs: effectNs,
          run: () => {
            const current = currentOf(key, seenNs);
            operation.streamSequence = current?.revision ?? 0;
            operation.value = current?.value;
          },
        });
      }
      const endNs = isAnswered ? doneNs : sentNs + TIMEOUT_NS;
      operation.doneNs = endNs;
      if (!isAnswered) Object.assign(operation, { outcome: 'unknown', reason: 'no answer' });
      steps.push({
        atNs: endNs,
        run: () => {
          if (operation.outcome === 'ok')
            known.set(key, Math.max(known.get(key) ?? 0, operation.streamSequence));
          sendNext(endNs);
        },
      });
    };
    const apply = (operation: Operation, stamp: Stamp, isAnswered: boolean, atNs: number): void => {
      const current = currentOf(operation.subject, atNs)?.revision ?? 0;
      if (operation.kind === 'compare-and-set' && operation.detail !== current) {
        // The refusal may say which revision there was.
        const streamSequence = random.next() < 0.5 ? current : 0;
        if (isAnswered)
          Object.assign(operation, { outcome: 'failed', reason: 'wrong last sequence', streamSequence });
        return;
      }
      const revision = write(operation.subject, stamp, atNs);
      if (isAnswered) operation.streamSequence = revision;
    };
    for (let place = 0; place < window; place++) sendNext(START_NS + place);
    const kinds = ['put', 'compare-and-set', 'get'] as const;
    return { load: 'bucket', writer, kinds, complete: true, givesIds: false, operations };
  });

  // Steps make further steps: always the earliest next.
  while (steps.length > 0) {
    let first = 0;
    for (let i = 1; i < steps.length; i++) if (steps[i]!.atNs < steps[first]!.atNs) first = i;
    steps.splice(first, 1)[0]!.run();
  }
  for (const { operations } of writers) operations.sort((a, b) => a.doneNs - b.doneNs);

  const latest = keys.flatMap((key) => revisions.findLast((revision) => revision.key === key) ?? []);
  const messages = latest
    .filter(({ value }) => value !== undefined)
    .sort((a, b) => a.revision - b.revision)
    .map(({ value, revision }) => ({
      ...value!,
      streamSequence: revision,
      digest: digestOf(value!.writer, value!.sequence),
    }));
  const world: World = {
    writers,
    streams: [
      {
        name: BUCKET,
        subjects: keys,
        config: { max_msgs_per_subject: 1 },
        fromSequence,
        looks: [],
        read: {
          ...{ messages, foreign: 0, throughSequence: lastSequence, complete: true, gone: false },
          endedNs: undefined,
        },
        replicas: [],
      },
    ],
    consumers: [],
    deliveries: [],
    faults: [],
  };
  return { world, revisions };
}
