import { nowNs } from '../../base/clock.js';
import { NO_STAMP, OPERATION_KINDS, type OperationKind, OUTCOMES } from '../../contracts/history.js';
import { HistoryWriter } from '../../history/history-writer.js';
import { emptyRow } from '../../history/operation-row.js';
import type { Stamp } from '../../wire/stamp.js';
import type { TrafficSetting } from '../load-kind.js';
import { ACK, type FlushedAnswers, NAK, TERM } from './answer-queue.js';
import type { AnsweredDeliveries, Delivery } from './answered-deliveries.js';
import { consumerNames } from './consumers.js';
import { acksOf, type JsConsumeParams } from './js-consume-schema.js';

const DELIVER = OPERATION_KINDS.indexOf('deliver');
const KIND_OF_ANSWER: readonly OperationKind[] = ['ack', 'nak', 'term'];
const INDEX_OF_ANSWER = KIND_OF_ANSWER.map((kind) => OPERATION_KINDS.indexOf(kind));
const OK = OUTCOMES.indexOf('ok');
const UNKNOWN = OUTCOMES.indexOf('unknown');

/** What a worker was delivered, and how it answered: each is an operation, in the order in which they came to their end. */
export class ConsumeHistory {
  readonly #writer: HistoryWriter;
  readonly #row = emptyRow();
  #sequence = 0;

  /**
   * `consumers` are their names, in the order of their indices.
   * @throws StormglassError naming the file, when it cannot be written; so do the methods
   */
  constructor({ load, writer }: TrafficSetting, file: string, consumers: readonly string[]) {
    const params = load.params as JsConsumeParams;
    const kinds: OperationKind[] = ['deliver'];
    if (acksOf(params) !== 'none') kinds.push(KIND_OF_ANSWER[ACK]!);
    if (params.nak > 0) kinds.push(KIND_OF_ANSWER[NAK]!);
    if (params.term > 0) kinds.push(KIND_OF_ANSWER[TERM]!);
    const subjects = consumers.map((consumer) => `${params.stream} > ${consumer}`);
    this.#writer = HistoryWriter.open(file, { load: load.name, writer, kinds, subjects });
  }

  /** Of a worker with so many readers; none where it is not kept. Throws as the constructor does. */
  static open(setting: TrafficSetting, readers: number): ConsumeHistory | undefined {
    const { load, runId, worker, historyFile } = setting;
    if (historyFile === undefined) return undefined;
    // An ordered consumer has another name each time that it is made: those of a worker are known by their number.
    const names =
      (load.params as JsConsumeParams).mode === 'ordered'
        ? Array.from({ length: readers }, (_, i) => `ordered-${load.name}-${worker}-${i}`)
        : consumerNames(load, runId, worker);
    return new ConsumeHistory(setting, historyFile, names);
  }

  /** `stamp`: of the message, when it is one event of this run. The hot path. */
  delivered(
    { streamSequence, delivered, consumer }: Delivery,
    stamp: Stamp | undefined,
    readNs: number,
  ): void {
    const row = this.#row;
    row.kind = DELIVER;
    row.sequence = this.#sequence++;
    row.dueNs = readNs;
    row.sentNs = 0;
    row.doneNs = readNs;
    row.subject = consumer;
    row.streamSequence = streamSequence;
    row.detail = delivered;
    row.valueWriter = stamp?.writer ?? 0;
    row.valueSequence = stamp?.sequence ?? NO_STAMP;
    row.outcome = OK;
    row.reason = 0;
    this.#writer.append(row);
  }

  /** An answer has come to its end; `doneNs` is 0 for one that nobody was asked to confirm. The hot path. */
  answered(
    deliveries: AnsweredDeliveries,
    at: number,
    dueNs: number,
    sentNs: number,
    doneNs: number,
    outcome: number,
    reason: string,
  ): void {
    const row = this.#row;
    row.kind = INDEX_OF_ANSWER[deliveries.answer[at]!]!;
    row.sequence = this.#sequence++;
    row.dueNs = dueNs;
    row.sentNs = sentNs;
    row.doneNs = doneNs;
    row.subject = deliveries.consumer[at]!;
    row.streamSequence = deliveries.streamSequence[at]!;
    row.detail = deliveries.delivered[at]!;
    row.valueWriter = 0;
    row.valueSequence = NO_STAMP;
    row.outcome = outcome;
    row.reason = this.#writer.reasonIndex(reason);
    this.#writer.append(row);
  }

  /** Answers that nobody was asked to confirm have left us, or perhaps not. */
  left(
    flushed: boolean,
    { deliveries, dueNs }: FlushedAnswers,
    first: number,
    last: number,
    sentNs: number,
  ): void {
    const doneNs = flushed ? 0 : nowNs();
    for (let i = first; i < last; i++) {
      if (flushed) this.answered(deliveries, i, dueNs[i]!, sentNs, doneNs, OK, '');
      else this.answered(deliveries, i, dueNs[i]!, sentNs, doneNs, UNKNOWN, 'connection lost');
    }
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    this.#writer.close();
  }
}
