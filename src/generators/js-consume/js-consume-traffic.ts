import { nowNs } from '../../base/clock.js';
import { freshId } from '../../base/ids.js';
import { formatDuration } from '../../base/units.js';
import { COUNTER } from '../../metrics/load-recorder.js';
import { emptyAckReply, readAckReply } from '../../nats/ack-reply.js';
import { WireApi } from '../../nats/wire-api.js';
import type { WireConnection } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';
import { AckWindow } from '../ack-window.js';
import { FollowingTraffic } from '../following-traffic.js';
import type { Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { ACK, AnswerQueue, type FlushedAnswers, NAK, TERM } from './answer-queue.js';
import { AnsweredDeliveries, type Delivery } from './answered-deliveries.js';
import { BacklogWatch } from './backlog-watch.js';
import { Confirmations } from './confirmations.js';
import { ConsumeHistory } from './consume-history.js';
import { consumerNames } from './consumers.js';
import { EventLag } from './event-lag.js';
import { type Acks, acksOf, type JsConsumeParams } from './js-consume-schema.js';
import { LastReply } from './last-reply.js';
import { openReader } from './open-reader.js';
import { OrderedReader } from './ordered-reader.js';
import type { PullReader } from './pull-reader.js';

/** Most deliveries of a worker that are asked for or wait for their answer. */
const MOST_HELD = 65_536;

/** One worker that pulls from consumers, answers what it was delivered, and tells how far behind it is. */
export class JsConsumeTraffic extends FollowingTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #params: JsConsumeParams;
  readonly #acks: Acks;
  readonly #connection: WireConnection;
  readonly #readers: PullReader[] = [];
  /** Of the consumers that several workers share, one tells what is left. */
  readonly #tellsPending: boolean;
  readonly #window: AckWindow | undefined;
  readonly #confirmations: Confirmations | undefined;
  readonly #inbox: string;
  readonly #answers: AnswerQueue;
  readonly #hasShares: boolean;
  /** The share that is acknowledged and goes no further. */
  readonly #loses: number;
  readonly #ack = emptyAckReply();
  readonly #delivery: Delivery = { streamSequence: 0, delivered: 0, consumer: 0 };
  /** With ack: all, by reader. */
  readonly #lastReplies: LastReply[] = [];
  #api: WireApi | undefined;
  #backlog: BacklogWatch | undefined;
  #confirmationSid = 0;
  #run: TrafficRun | undefined;
  #history: ConsumeHistory | undefined;
  #lag: EventLag | undefined;
  #readNs = 0;
  /** What had come by then has been read. */
  #readByNs = 0;
  #phase = 0;
  #isBegun = false;
  #isWoundDown = false;
  /** What is delivered is read and answered. */
  #isReading = false;
  /** Until when a load that is to drain goes on. */
  #drainUntilNs = Number.POSITIVE_INFINITY;
  #giveUpAnswersNs = Number.POSITIVE_INFINITY;

  constructor(setting: TrafficSetting) {
    super();
    this.#setting = setting;
    const { load, writer, worker, notices } = setting;
    const params = load.params as JsConsumeParams;
    this.#params = params;
    this.#acks = acksOf(params);
    this.#tellsPending = worker === 0 || params['per-worker'] || params.mode === 'ordered';
    this.#loses = params['lose-after-ack'];
    this.#hasShares = params.nak + params.term + params['no-ack'] > 0;
    this.#inbox = `_INBOX.${freshId()}${writer}.`;
    this.#connection = setting.connection({
      onReadStart: () => this.#onReadStart(),
      onMessage: (view) => this.#onMessage(view),
      onReadEnd: () => this.#onReadEnd(),
      onConnected: () => setting.onRoom(),
      onDisconnected: () => this.#onDisconnected(),
    });
    let ofSlot: AnsweredDeliveries | undefined;
    if (this.#acks === 'sync') {
      this.#window = new AckWindow(MOST_HELD);
      ofSlot = new AnsweredDeliveries(MOST_HELD);
      this.#confirmations = new Confirmations(this.#window, ofSlot, params['ack-timeout'], notices);
    }
    this.#answers = new AnswerQueue({
      connection: this.#connection,
      nakDelayNs: params['nak-delay'],
      ...(this.#window && { window: this.#window, inbox: this.#inbox }),
      ...(ofSlot && { ofSlot }),
      onFlushed: (...flushed) => this.#onFlushed(...flushed),
    });
  }

  get inFlight(): number {
    const own = this.#ownWaiting;
    if (this.#isWoundDown && !this.#isReading) return own;
    const left = own + (this.#tellsPending ? (this.#backlog?.left ?? 0) : 0);
    // While it drains it is not over, whatever it knows of.
    return this.#isWoundDown ? Math.max(1, left) : left;
  }

  get #ownWaiting(): number {
    return this.#answers.waiting + (this.#window?.inFlight ?? 0);
  }

  async open(): Promise<void> {
    const { load, runId, worker, notices } = this.#setting;
    const { stream } = this.#params;
    const connection = this.#connection;
    await connection.connect();
    const api = new WireApi(connection);
    this.#api = api;
    if (this.#window) this.#confirmationSid = connection.subscribe(`${this.#inbox}*`);
    const onGap = (sequences: number): void => this.#onGap(sequences);
    for (const name of consumerNames(load, runId, worker))
      this.#readers.push(await openReader(name, this.#setting, connection, api, onGap));
    for (const _ of this.#readers) this.#lastReplies.push(new LastReply());
    this.#history = ConsumeHistory.open(this.#setting, this.#readers.length);
    if (this.#confirmations) this.#confirmations.history = this.#history;
    this.#backlog = new BacklogWatch({ api, stream, readers: this.#readers, notices });
    await connection.flush();
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#lag = new EventLag(run, run.startNs - this.#setting.load.atNs);
  }

  beat(atNs: number): number {
    const { recorder } = this.#run!;
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#isReading = true;
      this.#backlog!.begin(atNs);
    }
    if (this.#connection.connected) this.#release(atNs);
    if (this.#isReading) {
      for (const reader of this.#readers) reader.tend(atNs, this.#readByNs);
      this.#pull(atNs);
      this.#backlog!.tend(atNs, this.#ownWaiting === 0, recorder);
      if (this.#isWoundDown && this.#backlog!.isDrained) this.#stopReading(atNs);
      else if (atNs >= this.#drainUntilNs) this.#giveUpDraining(atNs);
    }
    if (atNs >= this.#giveUpAnswersNs) this.#giveUpAnswers(atNs);
    return this.#answers.nextDueNs;
  }

  windDown(atNs: number): void {
    this.#isWoundDown = true;
    if (!this.#isReading) return;
    if (this.#params.until === 'drained') {
      this.#drainUntilNs = atNs + this.#params['drain-within'];
      this.#backlog!.hurry(atNs);
    } else {
      this.#stopReading(atNs);
    }
  }

  expire(byNs: number): void {
    this.#readByNs = byNs;
    this.#confirmations?.expire(byNs, this.#run!.recorder);
  }

  flush(): void {
    this.#history?.flush();
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) if (reader instanceof OrderedReader) await reader.remove();
    await this.#connection.close();
    this.#history?.close();
  }

  #onReadStart(): void {
    this.#readNs = nowNs();
    if (this.#run) this.#phase = this.#run.recorder.phaseAt(this.#readNs);
  }

  #onMessage(view: MessageView): void {
    const { sid } = view;
    const readers = this.#readers;
    let index = 0;
    while (index < readers.length && readers[index]!.sid !== sid) index++;
    const reader = readers[index];
    if (!reader) {
      this.#onOther(view);
      return;
    }
    const ack = this.#ack;
    if (!readAckReply(view.buffer, view.replyStart, view.replyEnd, ack)) {
      reader.onStatus(view, this.#readNs);
      return;
    }
    if (!reader.take(ack, this.#readNs)) return;
    const { recorder } = this.#run!;
    const phase = this.#phase;
    recorder.count(COUNTER.received, phase, 1);
    recorder.count(COUNTER.bytes, phase, view.payloadEnd - view.payloadStart);
    if (ack.delivered > 1) recorder.count(COUNTER.redelivered, phase, 1);
    else if (!reader.advance(ack.streamSequence)) recorder.count(COUNTER.duplicates, phase, 1);
    const delivery = this.#delivery;
    delivery.streamSequence = ack.streamSequence;
    delivery.delivered = ack.delivered;
    delivery.consumer = index;
    if (this.#loses > 0 && this.#setting.random.next() < this.#loses) {
      // Whoever acknowledges before the work is done, and dies, has left no more of it than that.
      this.#send(view, ACK);
      return;
    }
    const lag = this.#lag!;
    const isOurs = lag.record(view, this.#readNs);
    const { receiveTracer } = this.#setting;
    if (receiveTracer !== undefined && view.headerStart < view.payloadStart)
      receiveTracer.received(view, isOurs ? lag.stamp.dueNs : this.#readNs, this.#readNs);
    this.#history?.delivered(delivery, isOurs ? lag.stamp : undefined, this.#readNs);
    if (this.#acks === 'all') this.#lastReplies[index]!.keep(view, delivery);
    else if (this.#acks !== 'none') this.#answer(view);
  }

  #answer(view: MessageView): void {
    let answer = ACK;
    if (this.#hasShares) {
      const { nak, term, 'no-ack': none } = this.#params;
      const draw = this.#setting.random.next();
      if (draw < none) return;
      if (draw < none + nak) answer = NAK;
      else if (draw < none + nak + term) answer = TERM;
    }
    this.#send(view, answer);
  }

  #send({ buffer, replyStart, replyEnd }: MessageView, answer: number): void {
    this.#answers.add(
      buffer,
      replyStart,
      replyEnd,
      answer,
      this.#readNs + this.#params.delay,
      this.#delivery,
    );
    this.#run!.recorder.count(COUNTER.due, this.#phase, 1);
  }

  #onReadEnd(): void {
    if (!this.#run) return;
    if (this.#acks === 'all') {
      const dueNs = this.#readNs + this.#params.delay;
      for (const last of this.#lastReplies) {
        if (last.answer(this.#answers, dueNs)) this.#run.recorder.count(COUNTER.due, this.#phase, 1);
      }
    }
    if (!this.#connection.connected) return;
    if (this.#params.delay === 0) this.#release(this.#readNs);
    if (this.#isReading) this.#pull(this.#readNs);
    else this.#setting.onRoom();
  }

  #release(atNs: number): void {
    const written = this.#answers.release(atNs);
    if (written > 0) this.#run!.recorder.count(COUNTER.sent, this.#run!.recorder.phaseAt(atNs), written);
  }

  #onFlushed(flushed: boolean, answers: FlushedAnswers, first: number, last: number, sentNs: number): void {
    // What the server answers is counted, and written down, when it does.
    if (!this.#window) {
      this.#run!.recorder.count(flushed ? COUNTER.ok : COUNTER.unknown, this.#phase, last - first);
      this.#history?.left(flushed, answers, first, last, sentNs);
    }
    if (!this.#isReading) this.#setting.onRoom();
  }

  /** Nothing is asked for beyond what may wait for its answer. */
  #pull(atNs: number): void {
    let room = MOST_HELD - Math.max(this.#answers.waiting, this.#window?.inFlight ?? 0);
    for (const reader of this.#readers) room -= reader.outstanding;
    for (const reader of this.#readers) room -= reader.pull(room, atNs);
  }

  #onOther(view: MessageView): void {
    if (view.sid === this.#api?.sid) this.#api.onMessage(view);
    else if (view.sid === this.#confirmationSid && this.#run) {
      this.#confirmations?.onAnswer(view, this.#readNs, this.#run.recorder);
    }
  }

  #onDisconnected(): void {
    for (const reader of this.#readers) reader.onDisconnected();
    if (this.#run) this.#confirmations?.onDisconnected(this.#run.recorder);
  }

  #onGap(sequences: number): void {
    this.#run!.recorder.count(COUNTER.lost, this.#phase, sequences);
    this.#setting.notices.add('operation-error', 'sequences of the stream are missing: removed, or lost');
  }

  #giveUpDraining(atNs: number): void {
    const within = formatDuration(this.#params['drain-within']);
    const text = this.#backlog!.left > 0 ? 'something was' : 'nobody could say that nothing was';
    this.#setting.notices.add('operation-error', `not drained within ${within}: ${text} left`);
    this.#stopReading(atNs);
  }

  #stopReading(atNs: number): void {
    this.#isReading = false;
    for (const reader of this.#readers) reader.stop();
    this.#backlog!.end(atNs, this.#run!.recorder);
    this.#giveUpAnswersNs = atNs + this.#params.delay + this.#params['ack-timeout'];
    this.#setting.onRoom();
  }

  /** There is no connection to write them to, and nobody waits for them any longer. */
  #giveUpAnswers(atNs: number): void {
    this.#giveUpAnswersNs = Number.POSITIVE_INFINITY;
    const { recorder } = this.#run!;
    recorder.count(COUNTER.unsent, recorder.phaseAt(atNs), this.#answers.discard());
  }
}
