import { NS } from '../../../../src/base/clock.js';
import type { Copy, Operation, Stream, World, Writer } from '../world.js';
import { allOperations, holds, isKnownDuplicate, reachedOf, writesTo } from './facts.js';

export type Explanation = 'explained' | 'perhaps' | 'no';

/** Something that is not in a copy: where it stood (0: not known), and what wrote it, where that is known. */
export interface Missing {
  readonly q: number;
  readonly operation: Operation | undefined;
}

const positive = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

/** Whether a limit of the stream removed it: the table of docs/safety.md, row by row. */
export function explainMissing(world: World, stream: Stream, copy: Copy, missing: Missing): Explanation {
  const rows = [
    byAge(world, stream, copy, missing),
    byCount(world, stream, copy, missing),
    byBytes(world, stream, copy, missing),
    bySubject(world, stream, copy, missing),
    byAcknowledgement(world, stream, missing),
    byTimeToLive(stream, copy, missing),
    byRollup(world, stream, copy, missing),
  ];
  if (rows.includes('explained')) return 'explained';
  return rows.includes('perhaps') ? 'perhaps' : 'no';
}

/** The highest sequence that is known of a stream. */
function lastOf(world: World, stream: Stream): number {
  const copies = stream.read === undefined ? [] : [stream.read];
  return Math.max(
    0,
    ...copies.map(reachedOf),
    ...copies.map(({ throughSequence }) => throughSequence).filter(Number.isFinite),
    ...stream.looks.map(({ lastSequence }) => lastSequence),
    ...writesTo(world, stream)
      .filter(({ operation }) => operation.outcome === 'ok')
      .map(({ operation }) => operation.streamSequence),
  );
}

const isAtFront = ({ messages }: Copy, q: number): boolean =>
  messages.every(({ streamSequence }) => q < streamSequence);

function byAge(world: World, stream: Stream, copy: Copy, { operation }: Missing): Explanation {
  const age = positive(stream.config.max_age);
  if (age === 0) return 'no';
  if (operation === undefined) return 'perhaps';
  const end = copy.endedNs;
  const until = end ?? stream.looks.at(-1)?.atNs;
  if (until !== undefined && operation.doneNs + age <= until) return 'explained';
  if (end === undefined || world.faults.some(({ kind }) => kind === 'clock-skew')) return 'perhaps';
  return operation.sentNs + age <= end + NS.s ? 'perhaps' : 'no';
}

function byCount(world: World, stream: Stream, copy: Copy, { q }: Missing): Explanation {
  const most = positive(stream.config.max_msgs);
  if (most === 0 || stream.config.discard === 'new') return 'no';
  if (q === 0) return 'perhaps';
  if (!isAtFront(copy, q) || lastOf(world, stream) - q < most) return 'no';
  const { config } = stream;
  const removesInTheMiddle =
    positive(config.max_msgs_per_subject) > 0 &&
    !(config.discard === 'new' && config.discard_new_per_subject === true);
  const removesOtherwise =
    ['workqueue', 'interest'].includes(String(config.retention)) ||
    config.allow_msg_ttl === true ||
    config.allow_rollup_hdrs === true;
  if (!removesInTheMiddle && !removesOtherwise) return 'explained';
  const wasFull = stream.looks.some(
    ({ exists, messages, firstSequence }) => exists && messages >= most && firstSequence > q,
  );
  return wasFull ? 'explained' : 'perhaps';
}

function byBytes(world: World, stream: Stream, copy: Copy, { q }: Missing): Explanation {
  const most = positive(stream.config.max_bytes);
  if (most === 0 || stream.config.discard === 'new') return 'no';
  if (q === 0) return 'perhaps';
  if (!isAtFront(copy, q)) return 'no';
  const filled = stream.looks.filter(({ exists, messages }) => exists && messages > 0);
  const look = filled.at(-1);
  if (look === undefined) return 'perhaps';
  const mean = look.bytes / look.messages;
  const full = most - Math.min(0.1 * most, 10 * mean);
  const count = lastOf(world, stream) - q + 1;
  const wasFull = filled.some(({ bytes, firstSequence }) => bytes >= full && firstSequence > q);
  if (wasFull && count * mean >= full) return 'explained';
  return filled.some(({ bytes, messages }) => count * (bytes / messages) >= 0.5 * most) ? 'perhaps' : 'no';
}

function bySubject(world: World, stream: Stream, copy: Copy, { q, operation }: Missing): Explanation {
  const { config } = stream;
  const most = positive(config.max_msgs_per_subject);
  if (most === 0) return 'no';
  if (config.discard === 'new' && config.discard_new_per_subject === true) return 'no';
  if (q === 0 || operation === undefined) return 'perhaps';
  let certain = 0;
  const own = writesTo(world, stream);
  const isOwn = (message: Copy['messages'][number]): boolean =>
    own.some(
      ({ writer, operation }) => writer.writer === message.writer && operation.sequence === message.sequence,
    );
  let possible = copy.foreign + copy.messages.filter((one) => one.streamSequence > q && !isOwn(one)).length;
  for (const other of writesTo(world, stream)) {
    if (other.operation.subject !== operation.subject) continue;
    const { outcome, streamSequence } = other.operation;
    const read = stream.read === undefined ? [] : holds(stream.read, other).map((one) => one.streamSequence);
    const claims = outcome === 'ok' && !isKnownDuplicate(other.operation);
    const places = new Set(claims && streamSequence > 0 ? [streamSequence, ...read] : read);
    certain += [...places].filter((place) => place > q).length;
    const isPlaceOpen = outcome === 'unknown' || (claims && streamSequence === 0);
    if (isPlaceOpen && read.length === 0) possible++;
  }
  if (certain >= most) return 'explained';
  return certain + possible >= most ? 'perhaps' : 'no';
}

function byAcknowledgement(world: World, stream: Stream, { q, operation }: Missing): Explanation {
  const { retention } = stream.config;
  if (retention !== 'workqueue' && retention !== 'interest') return 'no';
  if (q === 0) return 'perhaps';
  const known = world.consumers.filter((consumer) => consumer.stream === stream.name);
  const consumes = ({ operations }: Writer): boolean =>
    operations.some(({ subject }) => subject.startsWith(`${stream.name} > `));
  const isCutShort = world.writers.some((writer) => !writer.complete && consumes(writer));
  const isRecorded = (consumer: string): boolean =>
    world.writers.some(
      ({ kinds, operations }) =>
        kinds.some((kind) => kind === 'ack' || kind === 'term') &&
        operations.some(({ subject }) => subject === `${stream.name} > ${consumer}`),
    );
  const says = known.map(({ consumer, config, looks }): Explanation => {
    const name = `${stream.name} > ${consumer}`;
    const acks = allOperations(world)
      .map((owned) => owned.operation)
      .filter(({ kind, subject }) => (kind === 'ack' || kind === 'term') && subject === name)
      .filter(({ kind, streamSequence }) =>
        config.ack_policy === 'all' && kind === 'ack' ? streamSequence >= q : streamSequence === q,
      );
    if (acks.some(({ outcome, sentNs }) => outcome !== 'failed' && sentNs > 0)) return 'explained';
    const isFloorAllThereIs = !isRecorded(consumer) || isCutShort;
    if (isFloorAllThereIs && looks.some(({ ackFloorStreamSequence }) => ackFloorStreamSequence >= q))
      return 'explained';
    if (config.ack_policy === 'none' && (looks.at(-1)?.deliveredStreamSequence ?? 0) >= q) return 'explained';
    return 'no';
  });
  const isHistoryOpen =
    isCutShort ||
    known.some(({ consumer, looks }) => {
      const isThere = looks.at(-1)?.exists === true;
      return isRecorded(consumer)
        ? looks.some(({ ackFloorStreamSequence }) => ackFloorStreamSequence >= q)
        : !isThere || looks.some((look) => look.exists && look.deliveredStreamSequence >= q);
    });
  if (retention === 'workqueue') {
    if (says.includes('explained')) return 'explained';
    return known.length === 0 || isHistoryOpen ? 'perhaps' : 'no';
  }
  if (known.length > 0 && says.every((one) => one === 'explained')) return 'explained';
  const wasThere = known.every(({ looks }) =>
    looks.some(({ exists, atNs }) => exists && operation !== undefined && atNs <= operation.sentNs),
  );
  const hasFilters = known.some(
    ({ config }) => config.filter_subject !== undefined || config.filter_subjects !== undefined,
  );
  const byOne = says.some((one) => one !== 'no');
  return byOne || !wasThere || known.length === 0 || hasFilters || isHistoryOpen ? 'perhaps' : 'no';
}

function byTimeToLive(stream: Stream, copy: Copy, { operation }: Missing): Explanation {
  if (stream.config.allow_msg_ttl !== true) return 'no';
  const end = copy.endedNs;
  if (end === undefined || operation === undefined) return 'perhaps';
  return operation.sentNs + NS.s <= end + NS.s ? 'perhaps' : 'no';
}

function byRollup(world: World, stream: Stream, copy: Copy, { q }: Missing): Explanation {
  if (stream.config.allow_rollup_hdrs !== true) return 'no';
  if (q === 0) return 'perhaps';
  const mayHold = copy.foreign > 0 || !stream.name.startsWith('KV_');
  return lastOf(world, stream) > q && mayHold ? 'perhaps' : 'no';
}

/** Whether the stream removes messages by itself. */
export function removesMessages({ config }: Stream): boolean {
  const whereFull = config.discard === 'new' ? [] : ['max_msgs', 'max_bytes'];
  const perSubject =
    config.discard === 'new' && config.discard_new_per_subject ? [] : ['max_msgs_per_subject'];
  return (
    ['max_age', ...whereFull, ...perSubject].some((limit) => positive(config[limit]) > 0) ||
    config.retention === 'workqueue' ||
    config.retention === 'interest' ||
    config.allow_msg_ttl === true ||
    config.allow_rollup_hdrs === true
  );
}
