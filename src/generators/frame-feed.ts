import { nowNs } from '../base/clock.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { WireConnection } from '../wire/connection.js';
import type { FrameBlock } from '../wire/frame-block.js';
import type { FrameRing } from '../wire/frame-ring.js';
import { writeReplyToken } from '../wire/reply-token.js';
import { writeStamp } from '../wire/stamp.js';
import type { AckWindow } from './ack-window.js';
import { type EventRingOptions, makeRing } from './event-ring.js';
import type { Feed } from './feed.js';
import type { TrafficRun, TrafficSetting } from './load-kind.js';

export interface FrameFeedOptions extends EventRingOptions {
  /** Nothing is sent before so many slots are free; 1 unless told. At most the window's size. */
  readonly leastRoom?: number;
  /** Where the writer's next operation number stands, for feeds that share one. */
  readonly counter?: { next: number };
  /** Names a slot in the reply subject of its frame; `writeReplyToken` unless told. */
  readonly writeToken?: (bytes: Uint8Array, at: number, slot: number, generation: number) => void;
  /** Frames of a block were written, with operations that are due in `phase`. */
  readonly onWritten?: (block: FrameBlock, frame: number, count: number, phase: number) => void;
}

/** `count` operations that were due in `phase` and went out in one write are in the kernel; or perhaps not. */
export type OnFlushed = (flushed: boolean, phase: number, count: number) => void;

/**
 * Stamps the operations that are due into pre-encoded frames and writes them. The hot path of every kind of
 * publishing: one clock read, one write and one closure a batch, nothing an operation.
 */
export class FrameFeed implements Feed {
  readonly #setting: TrafficSetting;
  readonly #connection: WireConnection;
  readonly #ring: FrameRing;
  readonly #window: AckWindow | undefined;
  readonly #leastRoom: number;
  readonly #onFlushed: OnFlushed | undefined;
  readonly #onWritten: FrameFeedOptions['onWritten'];
  readonly #writeToken: NonNullable<FrameFeedOptions['writeToken']>;
  #run: TrafficRun | undefined;
  #isPaced = true;
  /** The next operation's number among the writer's: given when it is sent, so that a gap at a receiver is a loss. */
  readonly #counter: { next: number };
  #isStarved = false;
  /** Operation i goes out in frame i, whatever becomes of those before it. */
  readonly #isReplay: boolean;

  /** Encodes the frames; throws a PreflightError for events that the server would not take. */
  constructor(
    setting: TrafficSetting,
    connection: WireConnection,
    options: FrameFeedOptions,
    onFlushed?: OnFlushed,
  ) {
    this.#setting = setting;
    this.#connection = connection;
    this.#window = options.window;
    this.#leastRoom = Math.max(1, options.leastRoom ?? 1);
    this.#onFlushed = onFlushed;
    this.#onWritten = options.onWritten;
    this.#writeToken = options.writeToken ?? writeReplyToken;
    this.#counter = options.counter ?? { next: 0 };
    this.#ring = makeRing(setting, connection, options);
    const { schedule } = setting.load;
    this.#isReplay = schedule.mode === 'open' && schedule.arrival.kind === 'replay';
  }

  get meanBytes(): number {
    return this.#ring.meanPayloadBytes;
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#isPaced = Number.isFinite(run.pacer.total);
  }

  room(): number {
    const room = this.#connection.connected ? this.#ring.room : 0;
    const free = this.#isWindowFull() ? 0 : this.#window ? Math.min(room, this.#window.room) : room;
    this.#isStarved = free === 0;
    return free;
  }

  pass(count: number): void {
    if (this.#isReplay) this.#ring.skip(count);
  }

  close(): void {
    this.#ring.close();
  }

  /** Blocks whose bytes the kernel has are free again at the end of this turn: waiting for those is our own doing. */
  heldBySystem(): boolean {
    return !this.#connection.connected || this.#isWindowFull() || this.#connection.pendingBytes > 0;
  }

  #isWindowFull(): boolean {
    return this.#window !== undefined && this.#window.room < this.#leastRoom;
  }

  /** See Outlet.send. */
  send(first: number, count: number, blocked: boolean): number {
    const run = this.#run!;
    const { pacer, startNs, recorder } = run;
    const ring = this.#ring;
    const window = this.#window;
    const { block } = ring;
    const { bytes, stampAt, hasFields } = block;
    const { writer } = this.#setting;
    const isPaced = this.#isPaced;
    const frame = ring.frame;
    const sentNs = nowNs();
    const phase = recorder.phaseAt(isPaced ? startNs + pacer.dueNs(first) : sentNs);
    const length = isPaced ? lengthOfPhase(run, first, count, phase) : count;
    const writeToken = this.#writeToken;
    let sequence = this.#counter.next;
    let dueNs = sentNs;
    let dueUs = Math.floor(sentNs / 1000);
    for (let i = 0; i < length; i++) {
      if (isPaced) {
        dueNs = startNs + pacer.dueNs(first + i);
        dueUs = Math.floor(dueNs / 1000);
        if (!blocked) recorder.latency(MEASURE.scheduleDelay, dueNs, Math.max(0, sentNs - dueNs));
      }
      if (window) {
        const slot = window.take();
        window.dueNs[slot] = dueNs;
        window.sentNs[slot] = sentNs;
        window.sequence[slot] = sequence;
        window.subject[slot] = block.kind[frame + i]!;
        window.phase[slot] = phase;
        const tokenAt = block.tokenAt[frame + i]!;
        if (tokenAt > 0) writeToken(bytes, tokenAt, slot, window.generation[slot]!);
      }
      const at = stampAt[frame + i]!;
      if (at >= 0) writeStamp(bytes, at, writer, sequence, dueUs);
      if (hasFields) block.writeFields(frame + i, writer, sequence, dueNs);
      sequence++;
    }
    this.#counter.next = sequence;
    if (!isPaced) recorder.count(COUNTER.due, phase, length);
    recorder.count(COUNTER.sent, phase, length);
    recorder.count(COUNTER.bytes, phase, block.payloadBefore[frame + length]! - block.payloadBefore[frame]!);
    if (blocked) recorder.count(COUNTER.blocked, phase, length);

    const written = ring.take(length);
    this.#connection.write(written, (flushed) => {
      block.pendingWrites--;
      this.#onFlushed?.(flushed, phase, length);
      if (this.#isStarved) this.#setting.onRoom();
    });
    this.#onWritten?.(block, frame, length, phase);
    return length;
  }
}

/** How many of the operations are due in the same phase as the first: a batch belongs to one. */
function lengthOfPhase(run: TrafficRun, first: number, count: number, phase: number): number {
  const { pacer, startNs, recorder } = run;
  if (recorder.phaseAt(startNs + pacer.dueNs(first + count - 1)) === phase) return count;
  let length = 1;
  while (length < count && recorder.phaseAt(startNs + pacer.dueNs(first + length)) === phase) length++;
  return length;
}
