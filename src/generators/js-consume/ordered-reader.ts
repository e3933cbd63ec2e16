import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { freshId } from '../../base/ids.js';
import type { AckReply } from '../../nats/ack-reply.js';
import type { WireApi } from '../../nats/wire-api.js';
import { PullReader, type PullReaderOptions } from './pull-reader.js';

export interface OrderedReaderOptions extends PullReaderOptions {
  readonly api: WireApi;
  /** Where in the stream it begins, and what it filters: the fields of a consumer's configuration. */
  readonly begin: Readonly<Record<string, unknown>>;
  readonly filter: Readonly<Record<string, unknown>>;
  /** Whether there may be no holes in the sequence of what it reads. */
  readonly isWhole: boolean;
  /** So many sequences of the stream were skipped. */
  readonly onGap: (sequences: number) => void;
}

const API_MS = 3000;
const REMOVE_MS = 1000;
/** Should nobody pull from it for so long, the server removes the consumer. */
const INACTIVE_NS = 60 * NS.s;

/**
 * Reads a stream in order through a consumer of its own: one replica, in memory, nothing to acknowledge. When
 * deliveries are missing, or the consumer or the connection is lost, it goes on with a new consumer behind the last
 * message that it has read.
 */
export class OrderedReader extends PullReader {
  readonly #ordered: OrderedReaderOptions;
  #consumerSequence = 0;
  #isMaking = false;

  constructor(options: OrderedReaderOptions) {
    super(options, '');
    this.#ordered = options;
  }

  /** Makes a consumer behind the last message read. Rejects when there is none to be had. */
  async make(): Promise<void> {
    const { api, stream, begin, filter } = this.#ordered;
    this.stop();
    const name = `stormglass-ordered-${freshId()}${freshId()}`;
    const from =
      this.highest === 0 ? begin : { deliver_policy: 'by_start_sequence', opt_start_seq: this.highest + 1 };
    const { num_pending } = await api.request<{ num_pending: number }>(
      `CONSUMER.CREATE.${stream}.${name}`,
      {
        stream_name: stream,
        config: {
          name,
          ...from,
          ...filter,
          ack_policy: 'none',
          num_replicas: 1,
          mem_storage: true,
          inactive_threshold: INACTIVE_NS,
        },
      },
      API_MS,
    );
    this.consumer = name;
    this.#consumerSequence = 0;
    this.pending = num_pending;
    this.listen();
  }

  override take(ack: AckReply, readNs: number): boolean {
    super.take(ack, readNs);
    if (ack.consumerSequence !== this.#consumerSequence + 1) {
      this.lose('an ordered consumer missed messages on the way, and was made again', readNs);
      return false;
    }
    this.#consumerSequence = ack.consumerSequence;
    const { isWhole, onGap } = this.#ordered;
    if (isWhole && this.highest > 0 && ack.streamSequence > this.highest + 1) {
      onGap(ack.streamSequence - this.highest - 1);
    }
    return true;
  }

  override lose(reason: string, atNs: number): void {
    super.lose(reason, atNs);
    this.stop();
  }

  override onDisconnected(): void {
    super.onDisconnected();
    this.stop();
  }

  override tend(atNs: number, readByNs: number): void {
    super.tend(atNs, readByNs);
    const { connection, notices } = this.#ordered;
    if (this.isReady || this.#isMaking || atNs < this.retryNs || !connection.connected) return;
    this.#isMaking = true;
    this.make()
      .catch((thrown: unknown) => {
        notices.add('operation-error', `an ordered consumer cannot be made: ${messageOf(thrown)}`);
        this.retryNs = nowNs() + NS.s;
      })
      .finally(() => {
        this.#isMaking = false;
      });
  }

  /** Best effort: the server does it by itself when nobody pulls for a while. */
  async remove(): Promise<void> {
    const { api, stream, connection } = this.#ordered;
    if (!this.consumer || !connection.connected) return;
    await api.request(`CONSUMER.DELETE.${stream}.${this.consumer}`, undefined, REMOVE_MS).catch(() => {});
  }
}
