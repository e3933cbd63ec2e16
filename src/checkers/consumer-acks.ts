import { type ConsumerFacts, OPERATION_KINDS, OUTCOMES } from '../contracts/history.js';
import type { HistoryIndex } from './history-index.js';
import { PlaceSet } from './place-set.js';

const ACK = OPERATION_KINDS.indexOf('ack');
const TERM = OPERATION_KINDS.indexOf('term');
const FAILED = OUTCOMES.indexOf('failed');

/** What one consumer of a stream has acknowledged, as far as the history tells. */
export interface ConsumerAcks {
  readonly acknowledged: PlaceSet;
  /** Everything up to here was acknowledged at once. */
  acknowledgedTo: number;
  /** Everything up to here is acknowledged, or was lost: a floor passes what is no longer there. */
  readonly floor: number;
  /** When it was first seen to exist; Infinity when nobody saw it. */
  readonly seenNs: number;
  readonly hasFilters: boolean;
  /** What it was given up to here may be acknowledged, be it in a history or not. */
  readonly deliveredTo: number;
  /** Its acknowledgements are in the histories. */
  isRecorded: boolean;
}

export interface StreamAcks {
  readonly consumers: readonly ConsumerAcks[];
  /** Somebody who consumes may have acknowledged what his history does not hold. */
  readonly isComplete: boolean;
}

/** Who acknowledged what of a stream that removes what is acknowledged. Goes through the histories of its consumers. */
export function acksOf({ history }: HistoryIndex, stream: string): StreamAcks {
  const consumers = new Map<string, ConsumerAcks>();
  for (const facts of history.consumers) {
    if (facts.stream === stream) consumers.set(facts.consumer, asLookedAt(facts));
  }
  let isComplete = true;
  const acksAll = new Set(
    history.consumers
      .filter((facts) => facts.stream === stream && facts.config.ack_policy === 'all')
      .map(({ consumer }) => consumer),
  );
  const prefix = `${stream} > `;
  for (const writer of history.writers) {
    if (!writer.kinds.some((kind) => kind === 'ack' || kind === 'term')) continue;
    const names = writer.subjects.map((subject) =>
      subject.startsWith(prefix) ? subject.slice(prefix.length) : undefined,
    );
    if (names.every((name) => name === undefined)) continue;
    if (!writer.complete) isComplete = false;
    const acks = names.map((name) => (name === undefined ? undefined : consumerCalled(consumers, name)));
    for (const consumer of acks) if (consumer !== undefined) consumer.isRecorded = true;
    const floors = names.map((name) => name !== undefined && acksAll.has(name));
    for (const { count, kind, outcome, subject, streamSequence } of writer.blocks()) {
      for (let i = 0; i < count; i++) {
        if ((kind[i] !== ACK && kind[i] !== TERM) || outcome[i] === FAILED) continue;
        const consumer = acks[subject[i]!];
        if (consumer === undefined) continue;
        const place = streamSequence[i]!;
        consumer.acknowledged.add(place);
        if (floors[subject[i]!] && place > consumer.acknowledgedTo) consumer.acknowledgedTo = place;
      }
    }
  }
  return { consumers: [...consumers.values()], isComplete };
}

function consumerCalled(consumers: Map<string, ConsumerAcks>, name: string): ConsumerAcks {
  let acks = consumers.get(name);
  if (acks === undefined) {
    acks = {
      acknowledged: new PlaceSet(),
      acknowledgedTo: 0,
      floor: 0,
      seenNs: Number.POSITIVE_INFINITY,
      hasFilters: false,
      deliveredTo: 0,
      isRecorded: true,
    };
    consumers.set(name, acks);
  }
  return acks;
}

function asLookedAt({ config, looks }: ConsumerFacts): ConsumerAcks {
  const alive = looks.filter(({ exists }) => exists);
  // Who need not acknowledge has acknowledged what was delivered.
  const floors = alive.map(({ ackFloorStreamSequence, deliveredStreamSequence }) =>
    config.ack_policy === 'none' ? deliveredStreamSequence : ackFloorStreamSequence,
  );
  const filters = Array.isArray(config.filter_subjects) ? config.filter_subjects.length : 0;
  return {
    acknowledged: new PlaceSet(),
    acknowledgedTo: 0,
    floor: Math.max(0, ...floors),
    seenNs: alive[0]?.atNs ?? Number.POSITIVE_INFINITY,
    hasFilters: filters > 0 || Boolean(config.filter_subject),
    isRecorded: false,
    deliveredTo:
      looks.at(-1)?.exists === true
        ? Math.max(0, ...alive.map(({ deliveredStreamSequence }) => deliveredStreamSequence))
        : Number.POSITIVE_INFINITY,
  };
}
