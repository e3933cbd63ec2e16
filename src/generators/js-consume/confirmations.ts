import { nowNs } from '../../base/clock.js';
import { formatDuration } from '../../base/units.js';
import { OUTCOMES } from '../../contracts/history.js';
import { COUNTER, type LoadRecorder, MEASURE } from '../../metrics/load-recorder.js';
import { readStatus } from '../../nats/status-header.js';
import type { MessageView } from '../../wire/parser.js';
import { REPLY_TOKEN_BYTES, readTokenGeneration, readTokenSlot } from '../../wire/reply-token.js';
import type { AckWindow } from '../ack-window.js';
import type { NoticeBook } from '../notice-book.js';
import type { AnsweredDeliveries } from './answered-deliveries.js';
import type { ConsumeHistory } from './consume-history.js';

const OK = OUTCOMES.indexOf('ok');
const FAILED = OUTCOMES.indexOf('failed');
const UNKNOWN = OUTCOMES.indexOf('unknown');

/** The server's answers to acknowledgements that asked for one; those that do not come in time are unknown. */
export class Confirmations {
  /** What becomes of the acknowledgements, when it is kept. */
  history: ConsumeHistory | undefined;
  readonly #window: AckWindow;
  readonly #ofSlot: AnsweredDeliveries;
  readonly #timeoutNs: number;
  readonly #notices: NoticeBook;

  /** `ofSlot`: what each slot of the window answers. */
  constructor(window: AckWindow, ofSlot: AnsweredDeliveries, timeoutNs: number, notices: NoticeBook) {
    this.#window = window;
    this.#ofSlot = ofSlot;
    this.#timeoutNs = timeoutNs;
    this.#notices = notices;
  }

  /** A message to the inbox of the acknowledgements. */
  onAnswer(view: MessageView, readNs: number, recorder: LoadRecorder): void {
    const tokenAt = view.subjectEnd - REPLY_TOKEN_BYTES;
    const slot = readTokenSlot(view.buffer, tokenAt);
    if (!this.#window.holds(slot, readTokenGeneration(view.buffer, tokenAt))) {
      this.#notices.add('operation-error', 'an answer came after its operation had ended');
      return;
    }
    const status = readStatus(view);
    if (!status) this.#succeed(slot, readNs, recorder);
    else
      this.#fail(
        slot,
        COUNTER.failed,
        readNs,
        `acknowledgement: ${status.code} ${status.text}`.trim(),
        recorder,
      );
  }

  /** Ends what was sent so long before `byNs` that its time is over. */
  expire(byNs: number, recorder: LoadRecorder): void {
    const window = this.#window;
    for (let slot = window.oldest; slot >= 0; slot = window.oldest) {
      if (byNs - window.sentNs[slot]! < this.#timeoutNs) return;
      this.#fail(
        slot,
        COUNTER.unknown,
        nowNs(),
        `no answer within ${formatDuration(this.#timeoutNs)}`,
        recorder,
      );
    }
  }

  /** Those that are not sent yet are sent when there is a connection again. */
  onDisconnected(recorder: LoadRecorder): void {
    const window = this.#window;
    const atNs = nowNs();
    for (let slot = window.oldest; slot >= 0 && window.sentNs[slot]! <= atNs; slot = window.oldest) {
      this.#fail(slot, COUNTER.unknown, atNs, 'connection lost', recorder);
    }
  }

  #succeed(slot: number, doneNs: number, recorder: LoadRecorder): void {
    const { dueNs, sentNs } = this.#window;
    recorder.count(COUNTER.ok, recorder.phaseAt(dueNs[slot]!), 1);
    recorder.latency(MEASURE.ackLatency, dueNs[slot]!, doneNs - dueNs[slot]!);
    recorder.latency(MEASURE.serviceTime, dueNs[slot]!, doneNs - sentNs[slot]!);
    this.#end(slot, OK, doneNs, '');
  }

  #fail(slot: number, counter: number, doneNs: number, reason: string, recorder: LoadRecorder): void {
    const { dueNs, sentNs } = this.#window;
    recorder.count(counter, recorder.phaseAt(dueNs[slot]!), 1);
    recorder.censored(MEASURE.ackLatency, dueNs[slot]!, doneNs - dueNs[slot]!);
    recorder.censored(MEASURE.serviceTime, dueNs[slot]!, doneNs - sentNs[slot]!);
    this.#notices.add('operation-error', reason);
    this.#end(slot, counter === COUNTER.failed ? FAILED : UNKNOWN, doneNs, reason);
  }

  #end(slot: number, outcome: number, doneNs: number, reason: string): void {
    const { dueNs, sentNs } = this.#window;
    this.history?.answered(this.#ofSlot, slot, dueNs[slot]!, sentNs[slot]!, doneNs, outcome, reason);
    this.#window.release(slot);
  }
}
