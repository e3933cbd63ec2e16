import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import { type Message, type Operation, START_NS, type Stream, type World, type Writer } from './world.js';

/** What a simulated run of publishers is made of; `drawSetting` draws one. */
export interface StreamsSetting {
  /** Publishes of each writer, at most. */
  readonly operations: number;
  readonly writers: number;
  readonly streams: readonly {
    readonly name: string;
    readonly subjects: readonly string[];
    /** By the server's own names. */
    readonly config: Readonly<Record<string, unknown>>;
    readonly replicas: number;
  }[];
  /** Share of the publishes, each. */
  readonly shares: {
    readonly refused: number;
    /** Nothing of it arrives, and nobody says so. */
    readonly lostBefore: number;
    /** Stored, and the acknowledgement is lost. */
    readonly lostAfter: number;
    /** Arrives a second time: soon, which the stream knows, or late, which it does not. */
    readonly repeated: number;
  };
}

/** A message as the simulated stream knows it; what the limits removed is known too. */
export interface Stored extends Message {
  readonly subject: string;
  readonly storedNs: number;
  /** Which limit removed it; undefined for what is still there. */
  removedBy: string | undefined;
}

export interface Scene {
  readonly world: World;
  /** By stream: everything that was ever stored of this run, in stream order. */
  readonly stored: ReadonlyMap<string, readonly Stored[]>;
}

export const MESSAGE_BYTES = 100;
const TIMEOUT_NS = 200 * NS.ms;
const LOOK_EVERY_NS = 40 * NS.ms;
const FOREIGN = 65_535;

export const digestOf = (writer: number, sequence: number): number =>
  (writer * 1_000_003 + sequence * 7919) >>> 0;

interface Arrival {
  readonly atNs: number;
  readonly stream: number;
  readonly writer: number;
  readonly operation: Operation | undefined;
  readonly isRepeat: boolean;
}

/**
 * A run that keeps every promise: writers with windows of unanswered publishes, each over a connection that keeps their
 * order; answers that are late, lost or refusals; messages that arrive twice; strangers' messages in between; and
 * streams that enforce their limits and know repeats within their window.
 */
export function simulateStreams(random: Random, setting: StreamsSetting): Scene {
  const arrivals: Arrival[] = [];
  const writers = Array.from({ length: setting.writers }, (_, writer) =>
    simulateWriter(writer, random.fork(`writer ${writer}`), setting, arrivals),
  );
  for (let i = random.below(3); i > 0; i--) {
    const atNs = START_NS + random.below(500) * NS.ms;
    const stream = random.below(setting.streams.length);
    arrivals.push({ atNs, stream, writer: FOREIGN, operation: undefined, isRepeat: false });
  }
  arrivals.sort((a, b) => a.atNs - b.atNs);

  const stored = new Map<string, readonly Stored[]>();
  const streams = setting.streams.map((facts, i) => {
    const own = arrivals.filter(({ stream }) => stream === i);
    const { stream, log } = simulateStream(random.fork(facts.name), facts, own);
    stored.set(facts.name, log);
    return stream;
  });
  for (const { operations } of writers) operations.sort((a, b) => a.doneNs - b.doneNs);
  return { world: { writers, streams, consumers: [], deliveries: [], faults: [] }, stored };
}

function simulateWriter(
  writer: number,
  random: Random,
  setting: StreamsSetting,
  arrivals: Arrival[],
): Writer {
  const { shares } = setting;
  const window = 1 + random.below(6);
  const operations: Operation[] = [];
  const places = setting.streams.flatMap(({ subjects }, stream) =>
    subjects.map((subject) => ({ stream, subject })),
  );
  let sentNs = START_NS;
  let arrivedNs = START_NS;
  for (let sequence = random.below(setting.operations + 1) - 1, i = 0; i <= sequence; i++) {
    sentNs += random.below(20) * NS.ms + 1;
    // The window is full until the oldest of it has ended.
    if (i >= window) sentNs = Math.max(sentNs, operations[i - window]!.doneNs + 10 * NS.us);
    arrivedNs = Math.max(arrivedNs + 1, sentNs + (1 + random.below(15)) * NS.ms);
    const { stream, subject } = random.pick(places);
    const operation: Operation = {
      kind: 'publish',
      sequence: i,
      dueNs: sentNs - random.below(3) * NS.ms,
      sentNs,
      doneNs: arrivedNs + (1 + random.below(30)) * NS.ms,
      subject,
      streamSequence: 0,
      detail: 0,
      value: undefined,
      outcome: 'ok',
      reason: '',
    };
    operations.push(operation);
    const arrive = (atNs: number, isRepeat: boolean) =>
      arrivals.push({ atNs, stream, writer, operation, isRepeat });
    const drawn = random.next();
    if (drawn < shares.refused) {
      Object.assign(operation, {
        outcome: 'failed',
        reason: 'no responders',
        sentNs: random.pick([0, sentNs]),
      });
      continue;
    }
    if (drawn < shares.refused + shares.lostBefore + shares.lostAfter) {
      Object.assign(operation, { outcome: 'unknown', reason: 'no answer', doneNs: sentNs + TIMEOUT_NS });
      if (drawn < shares.refused + shares.lostBefore) continue;
    }
    arrive(arrivedNs, false);
    if (random.next() < shares.repeated) arrive(arrivedNs + (1 + random.below(120)) * NS.ms, true);
  }
  return { load: 'orders', writer, kinds: ['publish'], complete: true, givesIds: true, operations };
}

function simulateStream(
  random: Random,
  { name, subjects, config, replicas }: StreamsSetting['streams'][number],
  arrivals: readonly Arrival[],
): { readonly stream: Stream; readonly log: readonly Stored[] } {
  const limits = { ...config } as Record<string, number | string | undefined>;
  const dedupeNs = Number(limits.duplicate_window ?? 0);
  const log: Stored[] = [];
  const live = () => log.filter(({ removedBy }) => removedBy === undefined);
  // The stream may have held something before this run began.
  const before = random.below(3) * 10;
  let lastSequence = before;

  const remove = (messages: readonly Stored[], limit: string) => {
    for (const message of messages) message.removedBy = limit;
  };
  const expire = (nowNs: number) => {
    const maxAge = Number(limits.max_age ?? 0);
    if (maxAge > 0)
      remove(
        live().filter(({ storedNs }) => storedNs + maxAge < nowNs),
        'max_age',
      );
  };
  const enforce = (subject: string) => {
    const [perSubject, most, bytes] = ['max_msgs_per_subject', 'max_msgs', 'max_bytes'].map((limit) =>
      Number(limits[limit] ?? -1),
    ) as [number, number, number];
    const same = live().filter((message) => message.subject === subject);
    if (perSubject > 0) remove(same.slice(0, Math.max(0, same.length - perSubject)), 'max_msgs_per_subject');
    const all = live();
    if (most > 0) remove(all.slice(0, Math.max(0, all.length - most)), 'max_msgs');
    const rest = live();
    const fit = Math.floor(bytes / MESSAGE_BYTES);
    if (bytes > 0) remove(rest.slice(0, Math.max(0, rest.length - fit)), 'max_bytes');
  };
  const isFull = (): boolean =>
    limits.discard === 'new' && Number(limits.max_msgs ?? -1) > 0 && live().length >= Number(limits.max_msgs);

  const repeated = new Set(arrivals.flatMap(({ isRepeat, operation }) => (isRepeat ? [operation] : [])));
  const looks: Stream['looks'] = [];
  const look = (atNs: number) => {
    const there = live();
    looks.push({
      atNs,
      exists: true,
      leader: 'n1',
      created: '2026-01-01T00:00:00Z',
      firstSequence: there[0]?.streamSequence ?? lastSequence + 1,
      lastSequence,
      messages: there.length,
      bytes: there.length * MESSAGE_BYTES,
    });
  };

  let nextLookNs = START_NS;
  const passTime = (toNs: number) => {
    for (; nextLookNs <= toNs; nextLookNs += LOOK_EVERY_NS) {
      expire(nextLookNs);
      look(nextLookNs);
    }
    expire(toNs);
  };
  for (const { atNs, operation, writer, isRepeat } of arrivals) {
    passTime(atNs);
    if (operation === undefined) {
      // Somebody else's: it takes a sequence, and the limits know it.
      if (isFull()) continue;
      log.push(strange(++lastSequence, subjects[0]!, atNs));
      enforce(subjects[0]!);
      continue;
    }
    const { sequence, subject } = operation;
    const known = log.find(
      (message) =>
        message.writer === writer && message.sequence === sequence && message.storedNs + dedupeNs > atNs,
    );
    if (known !== undefined) {
      if (operation.outcome === 'ok' && random.next() < 0.3) {
        // The first answer was lost on its way, and the second says that it was known.
        operation.detail = 1;
        operation.doneNs = Math.max(operation.doneNs, atNs + NS.ms);
      }
      continue;
    }
    if (isFull()) {
      // Of one that was sent twice the load does not say that it certainly was not stored.
      const outcome = repeated.has(operation) ? 'unknown' : 'failed';
      if (!isRepeat && operation.outcome === 'ok')
        Object.assign(operation, { outcome, reason: 'maximum messages exceeded' });
      continue;
    }
    const streamSequence = ++lastSequence;
    log.push({
      ...{ writer, sequence, streamSequence, digest: digestOf(writer, sequence), subject },
      ...{ storedNs: atNs, removedBy: undefined },
    });
    enforce(subject);
    if (operation.outcome === 'ok' && operation.streamSequence === 0)
      operation.streamSequence = streamSequence;
  }
  const endNs = Math.max(nextLookNs, arrivals.at(-1)?.atNs ?? 0) + random.below(4) * 100 * NS.ms + NS.ms;
  passTime(endNs);
  look(endNs);

  const copy = (endedNs: number) => {
    const there = live().filter(({ writer }) => writer !== FOREIGN);
    return {
      messages: there.map(({ writer, sequence, streamSequence, digest }) => ({
        ...{ writer, sequence, streamSequence, digest },
      })),
      foreign: live().length - there.length,
      throughSequence: lastSequence,
      complete: true,
      gone: false,
      endedNs,
    };
  };
  const read = copy(endNs);
  // The replicas are read one after the other, and time goes on.
  const nodes = Array.from({ length: replicas }, (_, i) => {
    const nodeEndNs = endNs + i * 20 * NS.ms;
    expire(nodeEndNs);
    return { ...copy(nodeEndNs), node: `n${i + 1}` };
  });
  return {
    stream: { name, subjects, config, fromSequence: before + 1, looks, read, replicas: nodes },
    log: log.filter(({ writer }) => writer !== FOREIGN),
  };
}

const strange = (streamSequence: number, subject: string, storedNs: number): Stored => ({
  ...{ writer: FOREIGN, sequence: 0, streamSequence, digest: 0, subject, storedNs, removedBy: undefined },
});
