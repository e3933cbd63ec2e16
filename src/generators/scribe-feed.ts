import { nowNs } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { WireConnection } from '../wire/connection.js';
import type { AckWindow } from './ack-window.js';
import type { Feed } from './feed.js';
import type { TrafficRun, TrafficSetting } from './load-kind.js';

/** Writes operations that differ too much from one another for finished frames. */
export interface Scribe {
  /** Bytes on the wire of the largest operation. */
  readonly largestFrameBytes: number;
  /** Header and payload of the largest message: what a server's max_payload is about. */
  readonly largestMessageBytes: number;
  /** Payload bytes of an operation, on average. */
  readonly meanBytes: number;
  /** Payload bytes of the operation that was written last. */
  readonly writtenBytes: number;
  /** Writes the operation of `slot` at `at`, and returns the offset behind it. The hot path. */
  write(bytes: Buffer, at: number, slot: number, sequence: number, dueUs: number): number;
}

const CHUNK_BYTES = 64 * 1024;
const CHUNKS = 16;

interface Chunk {
  readonly bytes: Buffer;
  isOut: boolean;
}

/** Writes operations one by one into chunks that are used round and round: one write and one closure a batch. */
export class ScribeFeed implements Feed {
  readonly #setting: TrafficSetting;
  readonly #connection: WireConnection;
  readonly #window: AckWindow;
  readonly #scribe: Scribe;
  readonly #chunks: readonly Chunk[];
  readonly #perChunk: number;
  #at = 0;
  #run: TrafficRun | undefined;
  #isPaced = true;
  #sequence = 0;
  #isStarved = false;

  /** Throws a PreflightError for operations that the server would not take. */
  constructor(setting: TrafficSetting, connection: WireConnection, window: AckWindow, scribe: Scribe) {
    this.#setting = setting;
    this.#connection = connection;
    this.#window = window;
    this.#scribe = scribe;
    const chunkBytes = Math.max(CHUNK_BYTES, scribe.largestFrameBytes);
    this.#perChunk = Math.floor(chunkBytes / scribe.largestFrameBytes);
    this.#chunks = Array.from({ length: CHUNKS }, () => ({
      bytes: Buffer.allocUnsafeSlow(chunkBytes),
      isOut: false,
    }));
    const maxPayload = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (scribe.largestMessageBytes > maxPayload) {
      throw new PreflightError(
        `load ${setting.load.name}: its largest message has ${scribe.largestMessageBytes} B, the server takes ${maxPayload} B`,
        { hint: 'make it smaller, or set max_payload in cluster.config' },
      );
    }
  }

  get meanBytes(): number {
    return this.#scribe.meanBytes;
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#isPaced = Number.isFinite(run.pacer.total);
  }

  room(): number {
    const isFree = this.#connection.connected && !this.#chunks[this.#at]!.isOut;
    const room = isFree ? Math.min(this.#perChunk, this.#window.room) : 0;
    this.#isStarved = room === 0;
    return room;
  }

  heldBySystem(): boolean {
    return !this.#connection.connected || this.#window.room === 0 || this.#connection.pendingBytes > 0;
  }

  /** See Outlet.send. */
  send(first: number, count: number, blocked: boolean): number {
    const { pacer, startNs, recorder } = this.#run!;
    const window = this.#window;
    const scribe = this.#scribe;
    const chunk = this.#chunks[this.#at]!;
    const { bytes } = chunk;
    const sentNs = nowNs();
    let phase = 0;
    let dueNs = sentNs;
    let at = 0;
    let payloadBytes = 0;
    let length = 0;
    for (; length < count; length++) {
      if (this.#isPaced) dueNs = startNs + pacer.dueNs(first + length);
      const itsPhase = recorder.phaseAt(dueNs);
      // A batch belongs to one phase.
      if (length > 0 && itsPhase !== phase) break;
      phase = itsPhase;
      if (this.#isPaced && !blocked) {
        recorder.latency(MEASURE.scheduleDelay, dueNs, Math.max(0, sentNs - dueNs));
      }
      const slot = window.take();
      window.dueNs[slot] = dueNs;
      window.sentNs[slot] = sentNs;
      window.sequence[slot] = this.#sequence;
      window.phase[slot] = phase;
      at = scribe.write(bytes, at, slot, this.#sequence++, Math.floor(dueNs / 1000));
      payloadBytes += scribe.writtenBytes;
    }
    if (!this.#isPaced) recorder.count(COUNTER.due, phase, length);
    recorder.count(COUNTER.sent, phase, length);
    recorder.count(COUNTER.bytes, phase, payloadBytes);
    if (blocked) recorder.count(COUNTER.blocked, phase, length);
    chunk.isOut = true;
    this.#at = (this.#at + 1) % this.#chunks.length;
    this.#connection.write(bytes.subarray(0, at), () => {
      chunk.isOut = false;
      if (this.#isStarved) this.#setting.onRoom();
    });
    return length;
  }
}
