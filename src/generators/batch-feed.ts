import { NS, nowNs } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import { formatInteger, formatSize } from '../base/units.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import { PHASES } from '../metrics/phase-clock.js';
import { BATCH_ENTRY_BYTES, BATCH_HEADER_BYTES } from '../wire/batch.js';
import type { WireConnection } from '../wire/connection.js';
import { FrameEncoder } from '../wire/frame-encoder.js';
import type { FrameHeaders } from '../wire/frame-headers.js';
import type { FrameKind } from '../wire/frame-mix.js';
import type { FrameRing } from '../wire/frame-ring.js';
import type { EncodedText } from '../wire/frame-text.js';
import { type OpenBatch, OpenBatches } from '../wire/open-batches.js';
import { type OutgoingBlock, OutgoingBlocks } from '../wire/outgoing-blocks.js';
import { STAMP_BYTES } from '../wire/stamp.js';
import type { BatchParams } from './batch-schema.js';
import { eventHeaders } from './event-headers.js';
import { frameKinds } from './event-payloads.js';
import { makeRing } from './event-ring.js';
import type { Feed } from './feed.js';
import type { TrafficRun, TrafficSetting } from './load-kind.js';

/** The most that open batches may take in memory, all together. */
const MAX_OPEN_BYTES = 256 * 1024 * 1024;
/** What an open batch remembers of an event beside its bytes. */
const EVENT_BYTES = 16;
/** Digits of the sizes in a control line, and their spaces and line end. */
const SIZES_BYTES = 32;

export interface BatchFeedOptions {
  readonly batch: BatchParams;
  /** Of every message: fields and placeholders are those of its first event. */
  readonly headers: FrameHeaders;
  readonly traceEvery: number;
  /** Events and messages that were due in a phase and are in the kernel; or perhaps not. */
  readonly onFlushed: (flushed: boolean, phase: number, events: number, messages: number) => void;
}

/**
 * Puts the events that are due into messages of several, one open message a subject, and writes those that are full or
 * old enough. One clock read and, at most, a write and a closure a batch of events that are due; nothing an event.
 */
export class BatchFeed implements Feed {
  readonly #setting: TrafficSetting;
  readonly #connection: WireConnection;
  readonly #options: BatchFeedOptions;
  readonly #ring: FrameRing;
  readonly #encoder: FrameEncoder;
  readonly #open: OpenBatches;
  readonly #blocks: OutgoingBlocks;
  /** By kind: with a trace and without one. */
  readonly #headers: readonly (readonly [EncodedText, EncodedText])[];
  /** The most that a message takes with its control line. */
  readonly #mostBytes: number;
  #run: TrafficRun | undefined;
  #isPaced = true;
  #sequence = 0;
  #messages = 0;
  #isEnding = false;
  #isStarved = false;
  /** Operation i goes out in frame i, whatever becomes of those before it. */
  readonly #isReplay: boolean;

  /** Encodes the events; throws a PreflightError for what the server would not take. */
  constructor(setting: TrafficSetting, connection: WireConnection, options: BatchFeedOptions) {
    const { events, load, random, tracer } = setting;
    this.#setting = setting;
    this.#connection = connection;
    this.#options = options;
    const { schedule } = load;
    this.#isReplay = schedule.mode === 'open' && schedule.arrival.kind === 'replay';
    this.#ring = makeRing(setting, connection, { headers: {}, envelope: 'entry' });
    const kinds = frameKinds(events, setting);
    const entryBytes = kinds.map(largestEntry);
    const { batch, headers, traceEvery } = options;
    try {
      this.#encoder = new FrameEncoder({
        kinds: kinds.map((kind) => ({ ...kind, stampIn: 'payload' })),
        ...eventHeaders(events, setting, {
          headers,
          traceEvery,
          ...(tracer && { observe: (subject) => tracer.observe(subject, traceEvery, undefined) }),
        }),
      });
      const drawn = random.fork('headers');
      this.#headers = kinds.map((_, kind) => [
        this.#encoder.headerOf(0, kind, drawn),
        this.#encoder.headerOf(1, kind, drawn),
      ]);
    } catch (error) {
      throw new PreflightError(`load ${load.name}: ${messageOf(error)}`, { cause: error });
    }
    const largest = Math.max(
      ...kinds.map((_, kind) => {
        const headerBytes = this.#headers[kind]![0].bytes.length;
        return headerBytes + BATCH_HEADER_BYTES + batch.events * entryBytes[kind]!;
      }),
    );
    refuseLarge(setting, connection, batch, largest, entryBytes);
    const lines = kinds.map((_, kind) => this.#encoder.beginningOf(kind, 1).length);
    this.#mostBytes = Math.max(...lines) + SIZES_BYTES + largest;
    this.#blocks = new OutgoingBlocks(this.#mostBytes, PHASES.length);
    this.#open = new OpenBatches(kinds.length, batch.events, (kind) => entryBytes[kind]!);
  }

  get meanBytes(): number {
    return this.#ring.meanPayloadBytes;
  }

  /** In the mean of those sent so far, whole. */
  get eventsPerMessage(): number {
    return this.#messages === 0 ? 1 : Math.round(this.#sequence / this.#messages);
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#isPaced = Number.isFinite(run.pacer.total);
  }

  pass(count: number): void {
    if (this.#isReplay) this.#ring.skip(count);
  }

  room(): number {
    const isFree = this.#connection.connected && this.#blocks.current !== undefined;
    this.#isStarved = !isFree;
    return isFree ? this.#ring.room : 0;
  }

  heldBySystem(): boolean {
    return !this.#connection.connected || this.#connection.pendingBytes > 0;
  }

  /** See Outlet.send: what is put into a batch counts as handed over, and as sent when the batch is. */
  send(first: number, count: number, blocked: boolean): number {
    const run = this.#run!;
    const { pacer, startNs, recorder } = run;
    const ring = this.#ring;
    const { block, frame } = ring;
    const open = this.#open;
    const isPaced = this.#isPaced;
    const nowAtNs = nowNs();
    let dueNs = nowAtNs;
    let done = 0;
    while (done < count && this.#hasRoom()) {
      if (isPaced) dueNs = startNs + pacer.dueNs(first + done);
      const phase = recorder.phaseAt(dueNs);
      const batch = open.of(block.kind[frame + done]!, phase);
      if (batch.phase !== phase) {
        // A message belongs to one phase; there may be no room for another one behind it.
        this.#send(batch);
        continue;
      }
      if (!isPaced) recorder.count(COUNTER.due, phase, 1);
      else if (!blocked) recorder.latency(MEASURE.scheduleDelay, dueNs, Math.max(0, nowAtNs - dueNs));
      if (blocked) recorder.count(COUNTER.blocked, phase, 1);
      batch.add(block, frame + done, dueNs);
      if (open.isFull(batch)) this.#send(batch);
      done++;
    }
    // Entries are copied: the block they come from is free again at once.
    ring.pass(done);
    this.#launch();
    return done;
  }

  /** No event comes any more: no batch waits for another one. */
  end(atNs: number): void {
    this.#isEnding = true;
    this.flushDue(atNs);
  }

  /**
   * Sends the batches whose oldest event has waited long enough by now; returns when the next one will have, monotonic,
   * and Infinity when there is none.
   */
  flushDue(atNs: number): number {
    const { within } = this.#options.batch;
    for (let batch = this.#open.oldest; batch; batch = this.#open.oldest) {
      const dueAtNs = batch.sinceNs + within;
      if (dueAtNs > atNs && !this.#isEnding) {
        this.#launch();
        return dueAtNs;
      }
      // Held up by the system, it is tried again soon.
      if (!this.#connection.connected || !this.#hasRoom()) break;
      this.#send(batch);
    }
    this.#launch();
    return this.#open.oldest ? atNs + NS.ms : Number.POSITIVE_INFINITY;
  }

  /** Gives up the batches that have waited since before `sinceNs`: tells how many events, and when the last was due. */
  giveUp(sinceNs: number, tell: (phase: number, events: number, lastDueNs: number) => void): void {
    const open = this.#open;
    for (let batch = open.oldest; batch && batch.sinceNs < sinceNs; batch = open.oldest) {
      tell(batch.phase, batch.count, batch.lastNs);
      open.close(batch);
    }
  }

  close(): void {
    this.#ring.close();
  }

  /** Whether one more message finds room, in this block or in the next. */
  #hasRoom(): boolean {
    const block = this.#blocks.current;
    if (block === undefined) return false;
    if (block.length + this.#mostBytes <= block.bytes.length) return true;
    this.#launch();
    return this.#blocks.current !== undefined;
  }

  /** Puts a batch, as a message, behind the others that go out. Its events are numbered in the order in which they go. */
  #send(batch: OpenBatch): void {
    const block = this.#blocks.current!;
    const { bytes } = block;
    const { writer } = this.#setting;
    const { traceEvery } = this.#options;
    const { kind, phase, count, length, payloadBytes } = batch;
    const sequence = this.#sequence;
    batch.stamp(writer, sequence);
    const isTraced = traceEvery > 0 && this.#messages % traceEvery === 0;
    const header = this.#headers[kind]![isTraced ? 0 : 1];
    const headerBytes = header.bytes.length;
    let at = block.length;
    at += this.#encoder.beginningOf(kind, headerBytes).copy(bytes, at);
    if (headerBytes > 0) at += bytes.write(`${headerBytes} `, at, 'latin1');
    at += bytes.write(`${headerBytes + length}\r\n`, at, 'latin1');
    header.bytes.copy(bytes, at);
    for (const { field, at: fieldAt } of header.fields) {
      field.write(bytes, at + fieldAt, writer, sequence, batch.sinceNs);
    }
    at += headerBytes;
    at += batch.bytes.copy(bytes, at, 0, length);
    at += bytes.write('\r\n', at, 'latin1');
    block.length = at;
    const { recorder } = this.#run!;
    recorder.count(COUNTER.sent, phase, count);
    recorder.count(COUNTER.bytes, phase, payloadBytes);
    block.events[phase]! += count;
    block.messages[phase]!++;
    this.#sequence = sequence + count;
    this.#messages++;
    this.#open.close(batch);
  }

  /** Writes what has been put together. */
  #launch(): void {
    const current = this.#blocks.current;
    if (current === undefined || current.length === 0) return;
    const block = this.#blocks.launch();
    this.#connection.write(block.bytes.subarray(0, block.length), (flushed) => this.#landed(block, flushed));
  }

  #landed(block: OutgoingBlock, flushed: boolean): void {
    for (let phase = 0; phase < PHASES.length; phase++) {
      const events = block.events[phase]!;
      if (events > 0) this.#options.onFlushed(flushed, phase, events, block.messages[phase]!);
    }
    this.#blocks.land(block);
    if (this.#isStarved) this.#setting.onRoom();
  }
}

function largestEntry({ maxBytes, stampIn }: FrameKind): number {
  return BATCH_ENTRY_BYTES + maxBytes - (stampIn === 'header' ? 0 : STAMP_BYTES);
}

function refuseLarge(
  { load }: TrafficSetting,
  { info }: WireConnection,
  { events }: BatchParams,
  largest: number,
  entryBytes: readonly number[],
): void {
  if (info && largest > info.max_payload) {
    throw new PreflightError(
      `load ${load.name}: a message of ${formatInteger(events)} events has up to ${largest} B, the server takes ${info.max_payload} B`,
      { hint: 'lower batch.events, make the events smaller, or set max_payload in cluster.config' },
    );
  }
  const openBytes = entryBytes.reduce((sum, bytes) => sum + (bytes + EVENT_BYTES) * events, 0);
  if (openBytes <= MAX_OPEN_BYTES) return;
  throw new PreflightError(
    `load ${load.name}: one open message for each of ${formatInteger(entryBytes.length)} subjects would take ${formatSize(openBytes)}`,
    { hint: 'lower batch.events, or select fewer domains and subjects' },
  );
}
