import type { WireConnection } from '../../wire/connection.js';
import { writeDigits } from '../../wire/fields/write-digits.js';
import type { FrameHeaders } from '../../wire/frame-headers.js';
import { REPLY_TOKEN_BYTES } from '../../wire/reply-token.js';
import type { AckWindow } from '../ack-window.js';
import type { Feed } from '../feed.js';
import { FrameFeed } from '../frame-feed.js';
import type { TrafficRun, TrafficSetting } from '../load-kind.js';

export interface AtomicFeedOptions {
  readonly setting: TrafficSetting;
  readonly connection: WireConnection;
  readonly window: AckWindow;
  readonly inbox: string;
  readonly headers: FrameHeaders;
  /** Most messages of a batch. */
  readonly messages: number;
  /** How long after its first a batch may have its last message due. */
  readonly withinNs: number;
}

const BATCH_DIGITS = 8;
const POSITION_DIGITS = 5;

/**
 * Writes operations as they are due, in atomic batches (ADR-50): each message names its batch and its place in it, and
 * the last one commits it and is answered for all. Which is the last the schedule tells beforehand, so that no batch
 * waits for a message that comes too late.
 */
export class AtomicFeed implements Feed {
  /** Of the batch that the next message belongs to. */
  batch = 0;
  /** By slot: the batch of its operation. */
  readonly batchOf: Uint32Array;
  readonly #options: AtomicFeedOptions;
  readonly #members: FrameFeed;
  readonly #commits: FrameFeed;
  #run: TrafficRun | undefined;
  #isPaced = true;
  /** Messages of the batch that were sent. */
  #position = 0;
  #firstDueNs = 0;

  constructor(options: AtomicFeedOptions) {
    const { setting, connection, window, inbox, headers } = options;
    this.#options = options;
    this.batchOf = new Uint32Array(window.size);
    const place: FrameHeaders = {
      'Nats-Batch-Id': [
        inbox.slice('_INBOX.'.length, -1),
        {
          width: BATCH_DIGITS,
          write: (bytes, at) => writeDigits(bytes, at, BATCH_DIGITS, this.batch),
        },
      ],
      'Nats-Batch-Sequence': [
        {
          width: POSITION_DIGITS,
          // Written once a message, in order: it counts them.
          write: (bytes, at) => writeDigits(bytes, at, POSITION_DIGITS, ++this.#position),
        },
      ],
    };
    const counter = { next: 0 };
    this.#members = new FrameFeed(setting, connection, {
      headers: { ...headers, ...place },
      window,
      counter,
      onWritten: (_, __, count) => this.#mark(count),
    });
    this.#commits = new FrameFeed(setting, connection, {
      headers: { ...headers, ...place, 'Nats-Batch-Commit': '1' },
      window,
      counter,
      replyPrefix: inbox,
      replyTokenBytes: REPLY_TOKEN_BYTES,
      onWritten: (_, __, count) => this.#mark(count),
    });
  }

  get meanBytes(): number {
    return this.#members.meanBytes;
  }

  /** There is a batch that is not committed. */
  get isOpen(): boolean {
    return this.#position > 0;
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#isPaced = Number.isFinite(run.pacer.total);
    this.#members.begin(run);
    this.#commits.begin(run);
  }

  room(): number {
    const { window, messages } = this.#options;
    // A batch begins only when all of it fits.
    if (this.#position === 0 && window.room < messages) return 0;
    // Whichever of the two the next message is, the schedule says when it is sent.
    const [members, commits] = [this.#members.room(), this.#commits.room()];
    return members === 0 || commits === 0 ? 0 : Math.max(1, Math.min(members, messages - 1 - this.#position));
  }

  heldBySystem(): boolean {
    const { connection, window, messages } = this.#options;
    const isFull = this.#position === 0 && window.room < messages;
    return isFull || !connection.connected || connection.pendingBytes > 0;
  }

  send(first: number, count: number, blocked: boolean): number {
    const members = this.#countMembers(first, count);
    if (members > 0) return this.#members.send(first, members, blocked);
    const sent = this.#commits.send(first, 1, blocked);
    this.batch++;
    this.#position = 0;
    return sent;
  }

  /** Nothing more comes to the open batch: the server abandons it. The next message begins another. */
  abandon(): void {
    this.batch++;
    this.#position = 0;
  }

  close(): void {
    this.#members.close();
    this.#commits.close();
  }

  /** How many of the operations are not the last of the batch. */
  #countMembers(first: number, count: number): number {
    const { messages, withinNs } = this.#options;
    const most = Math.min(count, messages - 1 - this.#position);
    if (!this.#isPaced) return most;
    const { pacer } = this.#run!;
    if (this.#position === 0) this.#firstDueNs = pacer.dueNs(first);
    let members = 0;
    while (members < most) {
      const next = first + members + 1;
      if (next >= pacer.total || pacer.dueNs(next) - this.#firstDueNs > withinNs) break;
      members++;
    }
    return members;
  }

  #mark(count: number): void {
    const { window } = this.#options;
    let slot = window.newest;
    for (let i = 0; i < count; i++, slot = window.olderThan(slot)) this.batchOf[slot] = this.batch;
  }
}
