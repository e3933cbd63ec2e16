import type { WireConnection } from '../../wire/connection.js';
import type { Chunk } from './chunk-pool.js';
import type { WaitingLine } from './waiting-room.js';

/** One connection of a worker, with what is on its way to it and what waits for it. */
export class AgentLink implements WaitingLine {
  first = -1;
  last = -1;
  /** How often it has been lost. */
  losses = 0;
  /** Frames of this turn, not yet written. */
  chunk: Chunk | undefined;
  /** What kind of letter comes by a subscription, by its sid. */
  readonly forms: number[] = [];
  connection!: WireConnection;

  /**
   * @param writer under whose name its events are counted
   * @param mostHeldBytes with more than this in the socket, the system holds us up
   */
  constructor(
    readonly index: number,
    readonly writer: number,
    readonly mostHeldBytes: number,
  ) {}

  get hasRoom(): boolean {
    const { connection } = this;
    return connection.connected && connection.pendingBytes < this.mostHeldBytes;
  }

  get isWaiting(): boolean {
    return this.first >= 0;
  }
}
