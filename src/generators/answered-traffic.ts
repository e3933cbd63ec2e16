import { nowNs } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import { freshId } from '../base/ids.js';
import { formatDuration } from '../base/units.js';
import { NO_STAMP, OPERATION_KINDS, type OperationKind, OUTCOMES } from '../contracts/history.js';
import { HistoryWriter } from '../history/history-writer.js';
import { emptyRow, type OperationRow } from '../history/operation-row.js';
import type { SubjectEntry } from '../history/subject-names.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { REPLY_TOKEN_BYTES, readTokenGeneration, readTokenSlot } from '../wire/reply-token.js';
import { refusedPublish, refusedSubscription } from '../wire/server-error.js';
import { AckWindow } from './ack-window.js';
import type { AnsweredParams } from './answered-schema.js';
import type { Feed } from './feed.js';
import { giveUpRange } from './give-up-range.js';
import type { Traffic, TrafficRun, TrafficSetting } from './load-kind.js';
import { countRange } from './range-counter.js';
import { type Refusal, readRefusal } from './refusal.js';
import { inFlightOf } from './worker-share.js';

export const OK = OUTCOMES.indexOf('ok');
export const FAILED = OUTCOMES.indexOf('failed');
export const UNKNOWN = OUTCOMES.indexOf('unknown');
const COUNTER_OF_OUTCOME = OUTCOMES.map((outcome) => COUNTER[outcome]);

/**
 * Operations that each have one answer: a window of them in flight, one connection, one inbox whose subjects name the
 * slot that an answer is for. What has no answer in time, or none because the connection was lost, is unknown, and
 * never sent again. A kind says what it sends (`makeFeed`) and what an answer means (`onAnswer`).
 */
export abstract class AnsweredTraffic implements Traffic {
  protected readonly setting: TrafficSetting;
  protected readonly connection: WireConnection;
  protected readonly window: AckWindow;
  /** Answers come to this, followed by the reply token of their slot. */
  protected readonly inbox: string;
  /** When the bytes that are being parsed were read. */
  protected readNs = 0;
  protected readonly timeoutReason: string;
  /** What the history is told of the operation that ends next, beside what the window holds; see `describe`. */
  protected readonly row: OperationRow = emptyRow();
  readonly #timeoutNs: number;
  #feed: Feed | undefined;
  #history: HistoryWriter | undefined;
  #run: TrafficRun | undefined;
  readonly #eventSubjects: readonly string[];
  #inboxRefusal: string | undefined;

  constructor(setting: TrafficSetting) {
    this.setting = setting;
    const { load, writer, worker } = setting;
    const params = load.params as AnsweredParams;
    this.#eventSubjects = setting.events.map(({ subject }) => subject);
    this.window = new AckWindow(inFlightOf(load, worker, params.window));
    this.inbox = `_INBOX.${freshId()}${writer}.`;
    this.#timeoutNs = this.timeoutNs;
    this.timeoutReason = `no ${this.answerName} within ${formatDuration(this.#timeoutNs)}`;
    this.connection = setting.connection({
      onReadStart: () => {
        this.readNs = nowNs();
      },
      onMessage: (view) => this.onMessage(view),
      onReadEnd: () => setting.onRoom(),
      onConnected: () => setting.onRoom(),
      onDisconnected: () => this.onDisconnected(),
      onServerError: (text) => this.onServerError(text),
    });
  }

  /** What an answer is called, for the reason of a timeout. */
  protected get answerName(): string {
    return 'acknowledgement';
  }

  /** How long an answer is waited for. */
  protected get timeoutNs(): number {
    return (this.setting.load.params as AnsweredParams)['ack-timeout'];
  }

  /** What writes the operations; called once, when the connection stands. Throws a PreflightError. */
  protected abstract makeFeed(): Feed;

  /**
   * Reads the answer of the operation in `slot` and ends it, by `succeed`, `refuse` or `end`. The hot path; the view is
   * reused.
   */
  protected abstract onAnswer(view: MessageView, slot: number): void;

  /** The kinds of operation that the history may hold: of the first is each that `describe` does not say more of. */
  protected abstract get historyKinds(): readonly OperationKind[];

  /** Whether each of its messages has an id of its own, by which a stream knows duplicates. */
  protected get hasMessageIds(): boolean {
    return false;
  }

  /** The subjects that the history names by index; unless `describe` says another, that of `window.subject`. */
  protected get historySubjects(): readonly SubjectEntry[] {
    return this.#eventSubjects;
  }

  /**
   * Completes `row`, of which all that the window holds is filled in, for the history. What an answer says (`detail`, a
   * value's stamp) may be put there before the operation ends; it is gone from there afterwards.
   */
  protected describe?(slot: number, row: OperationRow): void;

  /** Whether the operation in `slot` was published to this subject. */
  protected isTo(subject: string, slot: number): boolean {
    return this.#eventSubjects[this.window.subject[slot]!] === subject;
  }

  get inFlight(): number {
    return this.window.inFlight;
  }

  get meanBytes(): number {
    return this.#feed!.meanBytes;
  }

  async open(): Promise<void> {
    const { load, writer, historyFile } = this.setting;
    await this.connection.connect();
    this.connection.subscribe(`${this.inbox}>`);
    await this.connection.flush();
    if (this.#inboxRefusal !== undefined) {
      throw new PreflightError(`load ${load.name} may not listen for its answers: ${this.#inboxRefusal}`, {
        hint: 'let its user subscribe to _INBOX.>',
      });
    }
    this.#feed = this.makeFeed();
    if (historyFile !== undefined) {
      const kinds = this.historyKinds;
      this.row.kind = OPERATION_KINDS.indexOf(kinds[0]!);
      this.#history = HistoryWriter.open(historyFile, {
        load: load.name,
        writer,
        kinds,
        messageIds: this.hasMessageIds,
        subjects: this.historySubjects,
      });
    }
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#feed!.begin(run);
  }

  protected get run(): TrafficRun {
    return this.#run!;
  }

  room(): number {
    return this.#feed!.room();
  }

  heldBySystem(): boolean {
    return this.#feed!.heldBySystem();
  }

  send(first: number, count: number, blocked: boolean): number {
    return this.#feed!.send(first, count, blocked);
  }

  giveUp(first: number, count: number, atNs: number): void {
    giveUpRange(this.run, first, count, atNs);
    this.#feed?.pass?.(count);
  }

  drop(first: number, count: number): void {
    countRange(this.run, COUNTER.dropped, first, count);
    this.#feed?.pass?.(count);
  }

  expire(byNs: number): void {
    const { window } = this;
    for (let slot = window.oldest; slot >= 0; slot = window.oldest) {
      if (byNs - window.sentNs[slot]! < this.#timeoutNs) return;
      this.end(slot, UNKNOWN, nowNs(), 0, this.timeoutReason);
    }
  }

  flush(): void {
    this.#history?.flush();
  }

  async close(): Promise<void> {
    await this.connection.close();
    this.#feed?.close?.();
    this.#history?.close();
  }

  /** The operation was done, and answered by what is being read. */
  protected succeed(slot: number, streamSequence: number): void {
    this.end(slot, OK, this.readNs, streamSequence, '');
  }

  /** The answer is an error or a status: noticed, and the operation failed or unknown, as far as it says. */
  protected refuse(view: MessageView, slot: number): void {
    const { certain, reason } = this.refusalIn(view);
    this.end(slot, certain ? FAILED : UNKNOWN, this.readNs, 0, reason);
  }

  /** Reads an answer that is an error or a status, and notices it. */
  protected refusalIn({ buffer, headerStart, payloadStart, payloadEnd }: MessageView): Refusal {
    const text = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const refusal = readRefusal(
      text.toString('latin1', headerStart, payloadStart),
      text.toString('utf8', payloadStart, payloadEnd),
    );
    this.setting.notices.add('operation-error', refusal.reason);
    return refusal;
  }

  /**
   * Gives the operation its outcome, one of OK, FAILED and UNKNOWN, and frees its slot. The history has `happened`, which
   * is another one where the load is content with an answer that says no.
   */
  protected end(
    slot: number,
    outcome: number,
    doneNs: number,
    streamSequence: number,
    reason: string,
    happened = outcome,
  ): void {
    const { window } = this;
    const { recorder } = this.run;
    const dueNs = window.dueNs[slot]!;
    const tookNs = doneNs - window.sentNs[slot]!;
    recorder.count(COUNTER_OF_OUTCOME[outcome]!, window.phase[slot]!, 1);
    if (outcome === OK) {
      recorder.latency(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.latency(MEASURE.serviceTime, dueNs, tookNs);
    } else {
      // Refused or lost, it was not acknowledged by then: leaving it out would be survivors' statistics.
      recorder.censored(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.censored(MEASURE.serviceTime, dueNs, tookNs);
      recorder.trouble(dueNs, doneNs, reason);
    }
    if (this.#history) this.#write(this.#history, slot, happened, doneNs, streamSequence, reason);
    if (window.traced[slot] === 1)
      this.setting.tracer?.ended(window, slot, doneNs, OUTCOMES[outcome]!, reason);
    window.release(slot);
  }

  #write(
    history: HistoryWriter,
    slot: number,
    outcome: number,
    doneNs: number,
    streamSequence: number,
    reason: string,
  ): void {
    const { window, row } = this;
    row.sequence = window.sequence[slot]!;
    row.dueNs = window.dueNs[slot]!;
    row.sentNs = window.sentNs[slot]!;
    row.doneNs = doneNs;
    row.subject = window.subject[slot]!;
    row.streamSequence = streamSequence;
    row.outcome = outcome;
    row.reason = history.reasonIndex(reason);
    this.describe?.(slot, row);
    history.append(row);
    row.detail = 0;
    row.valueWriter = 0;
    row.valueSequence = NO_STAMP;
  }

  /** A message to the inbox. The hot path. */
  protected onMessage(view: MessageView): void {
    const { buffer, subjectEnd } = view;
    const tokenAt = subjectEnd - REPLY_TOKEN_BYTES;
    const slot = readTokenSlot(buffer, tokenAt);
    if (this.window.holds(slot, readTokenGeneration(buffer, tokenAt))) this.onAnswer(view, slot);
    else this.setting.notices.add('operation-error', 'an answer came after its operation had ended');
  }

  /**
   * The text of an -ERR, which is noticed already. A publish that was refused has no answer: it would look like one that
   * nobody answered in time. A kind that has more to do with it calls this too.
   */
  protected onServerError(text: string): void {
    if (refusedSubscription(text)?.startsWith(this.inbox)) this.#inboxRefusal = text;
    const subject = refusedPublish(text);
    if (subject === undefined) return;
    const { window } = this;
    for (let slot = window.oldest; slot >= 0; slot = window.newerThan(slot)) {
      if (!this.isTo(subject, slot)) continue;
      // One -ERR comes for each, in their order: those sent before to this subject had theirs.
      this.end(slot, FAILED, this.readNs, 0, 'permission violation');
      return;
    }
  }

  /** Nobody can say any more what became of the operations in flight, and nothing of it is sent again. */
  protected onDisconnected(): void {
    const atNs = nowNs();
    for (let slot = this.window.oldest; slot >= 0; slot = this.window.oldest) {
      this.end(slot, UNKNOWN, atNs, 0, 'connection lost');
    }
    this.setting.onRoom();
  }
}
