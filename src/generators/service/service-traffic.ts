import { NS, nowNs } from '../../base/clock.js';
import { PreflightError } from '../../base/errors.js';
import { formatInteger, formatSize } from '../../base/units.js';
import { COUNTER, MEASURE } from '../../metrics/load-recorder.js';
import type { WireConnection } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';
import { emptyStamp } from '../../wire/stamp.js';
import { readMessageStamp } from '../../wire/stamp-header.js';
import { FollowingTraffic } from '../following-traffic.js';
import type { Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { asRequests } from '../request-subjects.js';
import type { ReplyBlock } from './reply-block.js';
import { ReplyWheel } from './reply-wheel.js';
import { drawDelays } from './service-delay.js';
import type { ServiceParams } from './service-schema.js';

/** The stamp of another machine's clock gives such lags, of either sign. */
const ABSURD_LAG_NS = NS.h;

/** One worker of a service: one connection, in a queue group with the others. */
export class ServiceTraffic extends FollowingTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #params: ServiceParams;
  readonly #connection: WireConnection;
  readonly #wheel = new ReplyWheel();
  readonly #stamp = emptyStamp();
  readonly #drawDelayNs: (() => number) | undefined;
  /** What every answer carries, where it is not the request. */
  readonly #payload: Uint8Array | undefined;
  /** The answers to what was just read, which wait for nothing. */
  #prompt: ReplyBlock;
  #sids: number[] = [];
  #refusals: string[] | undefined = [];
  #run: TrafficRun | undefined;
  #readNs = 0;
  #writing = 0;
  #errors = 0;
  #silent = 0;
  #isWindingDown = false;
  #isHearing = false;
  #isHurried = false;

  constructor(setting: TrafficSetting) {
    super();
    this.#setting = setting;
    this.#params = setting.load.params as ServiceParams;
    const { delay, 'reply-size': size } = this.#params;
    this.#drawDelayNs = delay && drawDelays(delay, setting.random.fork('delay'));
    if (size !== 'echo') {
      this.#payload = new Uint8Array(size);
      setting.random.fork('payload').fill(this.#payload);
    }
    this.#prompt = this.#wheel.block();
    this.#connection = setting.connection({
      onReadStart: () => {
        this.#readNs = nowNs();
      },
      onMessage: (view) => this.#onRequest(view),
      onReadEnd: () => {
        if (this.#prompt.count > 0) this.#sendPrompt();
      },
      onServerError: (text) => void this.#refusals?.push(text),
    });
  }

  get inFlight(): number {
    return this.#wheel.pending + this.#writing + (this.#isWindingDown && this.#isHearing ? 1 : 0);
  }

  async open(): Promise<void> {
    const { load } = this.#setting;
    await this.#connection.connect();
    const payloadBytes = this.#payload?.length ?? 0;
    const { info } = this.#connection;
    if (info && payloadBytes > info.max_payload) {
      throw new PreflightError(
        `load ${load.name}: its answers have ${formatSize(payloadBytes)}, the server takes ${formatSize(info.max_payload)}`,
        { hint: 'make reply-size smaller, or set max_payload in cluster.config' },
      );
    }
    if (load.atNs > 0) return;
    this.#listen();
    await this.#connection.flush();
    const refusal = this.#refusals?.[0];
    this.#refusals = undefined;
    if (refusal === undefined) return;
    throw new PreflightError(`load ${load.name} may not listen: ${refusal}`, {
      hint: 'give its user the permission to subscribe, or let it answer on another subject',
    });
  }

  #listen(): void {
    const { load, events } = this.#setting;
    const { subject, queue = load.name } = this.#params;
    const subjects = new Set(asRequests(events, subject).map((event) => event.subject));
    this.#sids = [...subjects].map((each) => this.#connection.subscribe(each, queue));
    this.#isHearing = true;
  }

  begin(run: TrafficRun): void {
    this.#run = run;
  }

  #onRequest(view: MessageView): void {
    const run = this.#run;
    const { buffer, replyStart, replyEnd, payloadStart, payloadEnd } = view;
    const readNs = this.#readNs;
    if (run !== undefined) this.#count(run, view, readNs);
    if (replyEnd === replyStart) return;
    const { errors, silent } = this.#params;
    const luck = errors + silent > 0 ? this.#setting.random.next() : 1;
    if (luck < silent) {
      this.#silent++;
      return;
    }
    const block =
      this.#drawDelayNs === undefined ? this.#prompt : this.#wheel.at(readNs + this.#drawDelayNs());
    if (luck < silent + errors) {
      this.#errors++;
      block.addError(readNs, buffer, replyStart, replyEnd);
    } else if (this.#payload !== undefined) {
      block.add(readNs, buffer, replyStart, replyEnd, this.#payload, 0, this.#payload.length);
    } else {
      block.add(readNs, buffer, replyStart, replyEnd, buffer, payloadStart, payloadEnd);
    }
  }

  #count({ recorder }: TrafficRun, view: MessageView, readNs: number): void {
    const stamp = this.#stamp;
    if (!readMessageStamp(view, stamp)) {
      recorder.count(COUNTER.received, recorder.phaseAt(readNs), 1);
      return;
    }
    recorder.count(COUNTER.received, recorder.phaseAt(stamp.dueNs), 1);
    const lagNs = readNs - stamp.dueNs;
    if (lagNs >= 0 && lagNs < ABSURD_LAG_NS) recorder.latency(MEASURE.lag, stamp.dueNs, lagNs);
  }

  #sendPrompt(): void {
    const block = this.#prompt;
    this.#prompt = this.#wheel.block();
    this.#send(block);
  }

  readonly #send = (block: ReplyBlock): void => {
    const { count, payloadBytes } = block;
    const recorder = this.#run?.recorder;
    const sentNs = nowNs();
    const phase = recorder?.phaseAt(sentNs) ?? 0;
    if (!this.#connection.connected) {
      // Whoever asked may have gone with the same server; it certainly has no answer from us.
      recorder?.count(COUNTER.failed, phase, count);
      this.#wheel.release(block);
      return;
    }
    if (recorder) {
      recorder.count(COUNTER.sent, phase, count);
      recorder.count(COUNTER.bytes, phase, payloadBytes);
      for (let i = 0; i < count; i++) {
        const readNs = block.readNs[i]!;
        recorder.latency(MEASURE.serviceTime, readNs, sentNs - readNs);
      }
    }
    this.#writing += count;
    this.#connection.write(block.bytes, (flushed) => {
      this.#writing -= count;
      recorder?.count(flushed ? COUNTER.ok : COUNTER.unknown, phase, count);
      this.#wheel.release(block);
    });
  };

  beat(atNs: number): number {
    if (this.#setting.load.atNs > 0 && !this.#isHearing && !this.#isWindingDown) this.#listen();
    this.#wheel.take(atNs, this.#send);
    return this.#wheel.nextNs;
  }

  /** Hears no more requests, and answers those that it has heard. */
  windDown(): void {
    this.#isWindingDown = true;
    for (const sid of this.#sids.splice(0)) this.#connection.unsubscribe(sid);
    void this.#connection
      .flush()
      .catch(() => {})
      .then(() => {
        this.#isHearing = false;
        if (this.#isHurried)
          this.#wheel.take(Number.POSITIVE_INFINITY, (block) => this.#wheel.release(block));
        this.#noteMisdeeds();
        this.#setting.onRoom();
      });
  }

  /** Those who asked have ended, or the run is interrupted: nobody waits for the answers that are not due yet. */
  stop(): void {
    this.#isHurried = true;
  }

  #noteMisdeeds(): void {
    if (this.#errors + this.#silent === 0) return;
    this.#setting.notices.add(
      'note',
      `as it was told, ${formatInteger(this.#errors)} requests were answered with an error and ` +
        `${formatInteger(this.#silent)} not at all`,
    );
  }

  expire(): void {}

  flush(): void {}

  async close(): Promise<void> {
    await this.#connection.close();
  }
}
