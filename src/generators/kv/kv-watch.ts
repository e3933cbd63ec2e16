import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { freshId } from '../../base/ids.js';
import { COUNTER, MEASURE } from '../../metrics/load-recorder.js';
import { emptyAckReply, readAckReply } from '../../nats/ack-reply.js';
import { readStatus } from '../../nats/status-header.js';
import { WireApi } from '../../nats/wire-api.js';
import type { WireConnection } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';
import { emptyStamp, readStamp } from '../../wire/stamp.js';
import type { TrafficRun, TrafficSetting } from '../load-kind.js';
import { bucketStream } from './kv-schema.js';

const API_MS = 5000;
const HEARTBEAT_NS = 5 * NS.s;
/** Neither a value nor a heartbeat for so long: the consumer is gone. */
const SILENCE_NS = 3 * HEARTBEAT_NS;

interface Watch {
  sid: number;
  /** What this watch's consumer delivered last, from 1 without holes. */
  consumerSequence: number;
  /** The stream sequence that was seen last; 0 for none. */
  streamSequence: number;
  newsNs: number;
  isStarting: boolean;
}

/**
 * Watches of a whole bucket, as clients have them: each an ordered push consumer, in memory, of which nothing is
 * acknowledged; one that misses something, or falls silent, starts again behind what it has seen.
 */
export class KvWatches {
  readonly #setting: TrafficSetting;
  readonly #bucket: string;
  readonly #connection: WireConnection;
  readonly #watches: Watch[];
  readonly #bySid = new Map<number, Watch>();
  readonly #ack = emptyAckReply();
  readonly #stamp = emptyStamp();
  #api: WireApi | undefined;
  #run: TrafficRun | undefined;
  #readNs = 0;

  constructor(setting: TrafficSetting, bucket: string, count: number) {
    this.#setting = setting;
    this.#bucket = bucket;
    this.#watches = Array.from({ length: count }, () => ({
      sid: 0,
      consumerSequence: 0,
      streamSequence: 0,
      newsNs: 0,
      isStarting: false,
    }));
    this.#connection = setting.connection({
      onReadStart: () => {
        this.#readNs = nowNs();
      },
      onMessage: (view) => this.#onMessage(view),
    });
  }

  /** Rejects when a watch cannot be made. */
  async open(): Promise<void> {
    await this.#connection.connect();
    this.#api = new WireApi(this.#connection);
    for (const watch of this.#watches) await this.#start(watch);
  }

  begin(run: TrafficRun): void {
    this.#run = run;
  }

  /** Starts again those that fell silent; called about once a second. */
  tend(): void {
    const atNs = nowNs();
    for (const watch of this.#watches) {
      if (atNs - watch.newsNs > SILENCE_NS) this.#restart(watch, 'a watch fell silent');
    }
  }

  /** How many watches have not come to this stream sequence yet. */
  behind(streamSequence: number): number {
    let behind = 0;
    for (const watch of this.#watches) if (watch.streamSequence < streamSequence) behind++;
    return behind;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #start(watch: Watch): Promise<void> {
    const stream = bucketStream(this.#bucket);
    const name = `stormglass-watch-${freshId()}`;
    const inbox = `_INBOX.${name}`;
    if (watch.sid !== 0) this.#connection.unsubscribe(watch.sid);
    this.#bySid.delete(watch.sid);
    watch.sid = this.#connection.subscribe(inbox);
    watch.consumerSequence = 0;
    watch.newsNs = nowNs();
    this.#bySid.set(watch.sid, watch);
    const from =
      watch.streamSequence === 0
        ? { deliver_policy: 'new' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: watch.streamSequence + 1 };
    await this.#api!.request(
      `CONSUMER.CREATE.${stream}.${name}`,
      {
        stream_name: stream,
        config: {
          name,
          ...from,
          deliver_subject: inbox,
          ack_policy: 'none',
          max_deliver: 1,
          flow_control: true,
          idle_heartbeat: HEARTBEAT_NS,
          inactive_threshold: 30 * NS.s,
          num_replicas: 1,
          mem_storage: true,
        },
      },
      API_MS,
    );
  }

  #restart(watch: Watch, why: string): void {
    if (watch.isStarting || !this.#connection.connected) return;
    watch.isStarting = true;
    this.#setting.notices.add('operation-error', why);
    this.#start(watch)
      .catch((thrown: unknown) =>
        this.#setting.notices.add('operation-error', `a watch could not start again: ${messageOf(thrown)}`),
      )
      .finally(() => {
        watch.isStarting = false;
      });
  }

  #onMessage(view: MessageView): void {
    const watch = this.#bySid.get(view.sid);
    if (!watch) {
      if (view.sid === this.#api?.sid) this.#api.onMessage(view);
      return;
    }
    watch.newsNs = this.#readNs;
    const ack = this.#ack;
    if (!readAckReply(view.buffer, view.replyStart, view.replyEnd, ack)) {
      this.#onStatus(view);
      return;
    }
    if (ack.consumerSequence !== watch.consumerSequence + 1) {
      this.#restart(watch, 'a watch missed values on the way, and starts again behind the last it has seen');
      return;
    }
    watch.consumerSequence = ack.consumerSequence;
    watch.streamSequence = ack.streamSequence;
    const recorder = this.#run?.recorder;
    const stamp = this.#stamp;
    const length = view.payloadEnd - view.payloadStart;
    if (!recorder || !readStamp(view.buffer, view.payloadStart, length, stamp)) return;
    recorder.count(COUNTER.received, recorder.phaseAt(stamp.dueNs), 1);
    recorder.latency(MEASURE.lag, stamp.dueNs, Math.max(0, this.#readNs - stamp.dueNs));
  }

  /** A heartbeat names the subject that frees a stalled consumer; a flow control message is answered at once. */
  #onStatus(view: MessageView): void {
    const { buffer, replyStart, replyEnd, headerStart, payloadStart } = view;
    if (readStatus(view)?.code !== 100 || !this.#connection.connected) return;
    const text = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const stalled = /^Nats-Consumer-Stalled: *(\S+)/im.exec(
      text.toString('latin1', headerStart, payloadStart),
    );
    const answerTo = stalled?.[1] ?? text.toString('latin1', replyStart, replyEnd);
    if (answerTo) this.#connection.publish(answerTo);
  }
}
