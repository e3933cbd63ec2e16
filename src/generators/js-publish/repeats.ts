import type { Random } from '../../base/random.js';
import type { WireConnection } from '../../wire/connection.js';
import type { FrameBlock } from '../../wire/frame-block.js';
import { writeReplyToken } from '../../wire/reply-token.js';
import type { AckWindow } from '../ack-window.js';
import type { Feed } from '../feed.js';
import type { TrafficSetting } from '../load-kind.js';

export interface RepeatsOptions {
  readonly setting: TrafficSetting;
  readonly connection: WireConnection;
  readonly window: AckWindow;
  /** Of the messages, 0 to 1. */
  readonly share: number;
}

const FRESH = 0;
const REPEATED = 1;
const REPEAT = 2;

/**
 * Publishes some messages a second time, byte for byte, as one does who did not hear the answer. A repeat is no operation:
 * it takes a slot of the window, and nothing else of it is counted than that the stream knew it.
 */
export class Repeats {
  readonly #connection: WireConnection;
  readonly #window: AckWindow;
  readonly #random: Random;
  readonly #share: number;
  /** By slot. */
  readonly #what: Uint8Array;
  /** Frames of the last write that are to be sent again. */
  #chosen = new Int32Array(0);

  constructor({ setting, connection, window, share }: RepeatsOptions) {
    this.#connection = connection;
    this.#window = window;
    this.#share = share;
    this.#random = setting.random.fork('repeats');
    this.#what = new Uint8Array(window.size);
  }

  /** The slot is that of a second time. */
  isRepeat(slot: number): boolean {
    return this.#what[slot] === REPEAT;
  }

  /** The operation in the slot was sent twice. */
  wasRepeated(slot: number): boolean {
    return this.#what[slot] === REPEATED;
  }

  end(slot: number): void {
    this.#what[slot] = FRESH;
    this.#window.release(slot);
  }

  /** The feed, with half of the window kept for repeats. */
  withRoom(feed: Feed): Feed {
    const window = this.#window;
    return {
      get meanBytes() {
        return feed.meanBytes;
      },
      begin: (run) => feed.begin(run),
      room: () => Math.min(feed.room(), window.room >> 1),
      heldBySystem: () => feed.heldBySystem() || window.room < 2,
      send: (first, count, blocked) => feed.send(first, count, blocked),
      pass: (count) => feed.pass?.(count),
      close: () => feed.close?.(),
    };
  }

  /** To be called when `count` frames were written, whose slots are the newest of the window. */
  repeat(block: FrameBlock, frame: number, count: number): void {
    const window = this.#window;
    if (this.#chosen.length < count) this.#chosen = new Int32Array(count);
    let chosen = 0;
    let bytes = 0;
    let slot = window.newest;
    for (let i = count - 1; i >= 0; i--, slot = window.olderThan(slot)) {
      const isChosen = this.#random.next() < this.#share;
      this.#what[slot] = isChosen ? REPEATED : FRESH;
      if (!isChosen) continue;
      this.#chosen[chosen++] = frame + i;
      bytes += block.frameEnd[frame + i]! - startOf(block, frame + i);
    }
    if (chosen > 0) this.#send(block, chosen, Buffer.allocUnsafe(bytes));
  }

  #send(block: FrameBlock, chosen: number, bytes: Buffer): void {
    const window = this.#window;
    const sentNs = window.sentNs[window.newest]!;
    const phase = window.phase[window.newest]!;
    let at = 0;
    for (let i = 0; i < chosen; i++) {
      const frame = this.#chosen[i]!;
      const start = startOf(block, frame);
      const end = block.frameEnd[frame]!;
      block.bytes.copy(bytes, at, start, end);
      const slot = window.take();
      this.#what[slot] = REPEAT;
      window.sentNs[slot] = sentNs;
      window.dueNs[slot] = sentNs;
      window.phase[slot] = phase;
      window.subject[slot] = block.kind[frame]!;
      writeReplyToken(bytes, at + block.tokenAt[frame]! - start, slot, window.generation[slot]!);
      at += end - start;
    }
    this.#connection.write(bytes);
  }
}

const startOf = (block: FrameBlock, frame: number): number => (frame === 0 ? 0 : block.frameEnd[frame - 1]!);
