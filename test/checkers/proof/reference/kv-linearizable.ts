import { type Message, type Operation, type Stamp, type Stream, streamOf, type World } from '../world.js';
import { allHistoriesComplete, allOperations, type Owned, reachedOf, type Said, verdictOf } from './facts.js';

/** A value at a revision of a key: known to have been written, by whom (undefined: by somebody else), and when at the latest. */
interface KnownWrite {
  readonly key: string;
  readonly revision: number;
  readonly stream: Stream;
  readonly write: Owned | undefined;
}

/** Somebody saw a stamp, or none, at a revision: a get of the key, or the final read. */
interface Look {
  readonly key: string | undefined;
  readonly stream: Stream;
  readonly revision: number;
  readonly value: Stamp | undefined;
  readonly get: Operation | undefined;
}

const isWriteOfKey = ({ kind }: Operation): boolean => kind === 'put' || kind === 'compare-and-set';

export function referenceKvLinearizable(world: World): Said {
  const operations = allOperations(world).filter(
    ({ operation }) => isWriteOfKey(operation) || operation.kind === 'get',
  );
  const writes = operations.filter(({ operation }) => isWriteOfKey(operation));
  const gets = operations.filter(({ operation }) => operation.kind === 'get' && operation.outcome === 'ok');
  // A bucket of which nothing was written or read is none of this check's.
  const buckets = [
    ...new Set([...writes, ...gets].map(({ operation }) => streamOf(world, operation.subject)!)),
  ];
  const looks = looksOf(world, gets, buckets);
  const all = writes.filter(({ operation }) => operation.outcome === 'ok');
  // Of those with one revision the first only.
  const ok = all.filter(({ operation }, i) =>
    all
      .slice(0, i)
      .every(
        (other) =>
          !isAcknowledgedAt(
            world,
            other.operation,
            streamOf(world, operation.subject)!,
            operation.streamSequence,
          ),
      ),
  );
  const judged = writes.filter((write) => write.operation.outcome !== 'ok' || ok.includes(write));
  const counts = {
    ...{ lostUpdate: 0, order: 0, sameRevision: 0, wrongValue: 0, failedWrite: 0, future: 0, lostWrite: 0 },
    ...{ stale: 0, storedThoughUnknown: 0 },
  };
  // From a wrong value nothing follows.
  const rightLooks: Look[] = [];
  for (const look of looks) {
    const isFailed = writes.some((one) => one.operation.outcome === 'failed' && isStampOf(one, look.value));
    if (isWrongValue(world, look, writes, rightLooks)) counts.wrongValue++;
    else if (!isFailed) rightLooks.push(look);
  }
  const known = knownWrites(world, judged, rightLooks);
  counts.lostUpdate = ok.filter(({ operation }) => isLostUpdate(world, operation, known)).length;
  counts.order = known.filter((b) => known.some((a) => isOutOfOrder(a, b))).length;
  counts.sameRevision = all.length - ok.length;
  for (const look of looks) {
    const write = writes.find((one) => isStampOf(one, look.value));
    if (write?.operation.outcome === 'failed' && write.operation.subject === look.key) counts.failedWrite++;
    const { get, revision, stream } = look;
    const returned = writes.filter(
      (one) =>
        (one === write && one.operation.outcome !== 'failed') ||
        (one.operation.subject === look.key && isAcknowledgedAt(world, one.operation, stream, revision)),
    );
    if (get !== undefined && returned.some(({ operation }) => get.doneNs < operation.sentNs)) counts.future++;
  }
  counts.lostWrite = lostWrites(world, ok);
  counts.stale = gets.filter(({ operation }) => isStale(world, operation, ok, gets, known)).length;
  counts.storedThoughUnknown = new Set(
    known.flatMap(({ write }) => (write?.operation.outcome === 'unknown' ? [write.operation] : [])),
  ).size;
  const { storedThoughUnknown: _, ...violations } = counts;
  const isOpen =
    operations.every(({ operation }) => operation.outcome !== 'ok') ||
    !allHistoriesComplete(world) ||
    buckets.some(({ read }) => read === undefined || !read.complete);
  return {
    verdict: verdictOf(
      Object.values(violations).reduce((a, b) => a + b, 0),
      isOpen,
    ),
    counts,
  };
}

const isSame = (a: Stamp | undefined, b: Stamp | undefined): boolean =>
  a?.writer === b?.writer && a?.sequence === b?.sequence;

const isStampOf = ({ writer, operation }: Owned, value: Stamp | undefined): boolean =>
  value !== undefined && writer.writer === value.writer && operation.sequence === value.sequence;

const isAcknowledgedAt = (world: World, operation: Operation, stream: Stream, revision: number): boolean =>
  operation.outcome === 'ok' &&
  operation.streamSequence === revision &&
  streamOf(world, operation.subject) === stream;

function looksOf(world: World, gets: readonly Owned[], buckets: readonly Stream[]): Look[] {
  const seen = gets
    .filter(({ operation }) => operation.streamSequence > 0)
    .map(({ operation }) => ({
      ...{ key: operation.subject, stream: streamOf(world, operation.subject)!, get: operation },
      ...{ revision: operation.streamSequence, value: operation.value },
    }));
  const finals = buckets.flatMap((stream) =>
    (stream.read?.messages ?? []).map((message: Message) => ({
      ...{ key: keyOf(world, stream, message), stream, get: undefined },
      ...{ revision: message.streamSequence, value: message },
    })),
  );
  return [...seen, ...finals];
}

/** What the final read holds tells no key: it is that of the write whose stamp it bears. */
function keyOf(world: World, stream: Stream, message: Message): string | undefined {
  const write = allOperations(world).find((owned) => isStampOf(owned, message));
  return write && streamOf(world, write.operation.subject) === stream ? write.operation.subject : undefined;
}

function knownWrites(world: World, writes: readonly Owned[], looks: readonly Look[]): KnownWrite[] {
  const known: KnownWrite[] = [];
  for (const write of writes) {
    const { outcome, subject, streamSequence } = write.operation;
    const stream = streamOf(world, subject)!;
    const look = looks.find(({ key, value }) => key === subject && isStampOf(write, value));
    const revision = outcome === 'ok' ? streamSequence : outcome === 'unknown' ? look?.revision : undefined;
    if (revision !== undefined && revision > 0) known.push({ key: subject, revision, stream, write });
  }
  for (const { key, revision, stream, value } of looks) {
    const isForeign = value === undefined || world.writers.every(({ writer }) => writer !== value.writer);
    const isNew = !known.some(
      (one) => one.write === undefined && one.key === key && one.revision === revision,
    );
    const isAcknowledged = writes.some(({ operation }) =>
      isAcknowledgedAt(world, operation, stream, revision),
    );
    if (isForeign && key !== undefined && isNew && !isAcknowledged)
      known.push({ key, revision, stream, write: undefined });
  }
  return known;
}

function isLostUpdate(world: World, operation: Operation, known: readonly KnownWrite[]): boolean {
  const { kind, subject, detail: expected, streamSequence: revision } = operation;
  if (kind !== 'compare-and-set') return false;
  if (expected >= revision) return true;
  const stream = streamOf(world, subject);
  const isBetween = known.some(
    (one) => one.key === subject && expected < one.revision && one.revision < revision,
  );
  const expectedOf = known.filter((one) => one.stream === stream && one.revision === expected);
  const isOfAnother = expectedOf.length > 0 && expectedOf.every(({ key }) => key !== subject);
  return isBetween || (expected > 0 && isOfAnother);
}

/** B was over before A began, and yet A has the lower revision. */
function isOutOfOrder(a: KnownWrite, b: KnownWrite): boolean {
  if (
    a.key !== b.key ||
    a.revision >= b.revision ||
    a.write === undefined ||
    b.write?.operation.outcome !== 'ok'
  )
    return false;
  return b.write.operation.doneNs < a.write.operation.sentNs;
}

function isWrongValue(world: World, look: Look, writes: readonly Owned[], before: readonly Look[]): boolean {
  const { key, revision, stream, value } = look;
  // A value of a write that failed counts as that alone.
  const isFailed = writes.some(
    (one) => one.operation.outcome === 'failed' && one.operation.subject === key && isStampOf(one, value),
  );
  if (isFailed) return false;
  const acknowledged = writes.filter(({ operation }) => isAcknowledgedAt(world, operation, stream, revision));
  if (acknowledged.length > 0 && acknowledged.every((write) => !isStampOf(write, value))) return true;
  const first = before.find((other) => other.stream === stream && other.revision === revision)?.value;
  const isSeen = before.some((other) => other.stream === stream && other.revision === revision);
  if (acknowledged.length === 0 && isSeen && !isSame(first, value)) return true;
  if (value === undefined) return false;
  const writer = world.writers.find((one) => one.writer === value.writer);
  if (writer === undefined) return false;
  const operation = writer.operations.find(({ sequence }) => sequence === value.sequence);
  if (operation === undefined) return writer.complete;
  if (!isWriteOfKey(operation) || operation.subject !== key) return true;
  if (operation.outcome === 'failed') return false;
  if (operation.outcome === 'ok') return operation.streamSequence !== revision;
  return before.some(
    (other) =>
      other.value?.writer === value.writer &&
      other.value.sequence === value.sequence &&
      other.revision !== revision,
  );
}

const removesLastValues = ({ config }: Stream): boolean => {
  const has = (limit: string) => Number(config[limit] ?? 0) > 0;
  const isFullRefused = config.discard === 'new';
  return (
    has('max_age') ||
    (!isFullRefused && (has('max_bytes') || has('max_msgs'))) ||
    config.allow_msg_ttl === true
  );
};

function lostWrites(world: World, ok: readonly Owned[]): number {
  const keys = [...new Set(ok.map(({ operation }) => operation.subject))];
  return keys.filter((key) => {
    const stream = streamOf(world, key)!;
    const { read } = stream;
    if (read === undefined || !read.complete || removesLastValues(stream)) return false;
    const own = ok.filter(({ operation }) => operation.subject === key);
    const highest = Math.max(...own.map(({ operation }) => operation.streamSequence));
    if (highest === 0) return false;
    if (!read.gone && highest > Math.max(read.throughSequence, reachedOf(read))) return false;
    return !read.messages.some(
      (message) => message.streamSequence >= highest && keyOf(world, stream, message) === key,
    );
  }).length;
}

function isStale(
  world: World,
  get: Operation,
  ok: readonly Owned[],
  gets: readonly Owned[],
  known: readonly KnownWrite[],
): boolean {
  const stream = streamOf(world, get.subject)!;
  const { allow_direct: allowsDirect, num_replicas: replicas } = stream.config;
  if (allowsDirect === true && replicas !== 1) return false;
  if (get.streamSequence === 0 && removesLastValues(stream)) return false;
  return [...ok, ...gets].some(
    ({ operation }) =>
      operation.subject === get.subject &&
      operation.streamSequence > get.streamSequence &&
      operation.doneNs < get.sentNs &&
      known.some(({ key, revision }) => key === get.subject && revision === operation.streamSequence),
  );
}

export { isAcknowledgedAt, isWriteOfKey, removesLastValues };
