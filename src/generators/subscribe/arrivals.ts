import { NS } from '../../base/clock.js';
import { subjectMatches } from '../../base/subjects.js';
import type { EventWriter } from '../../contracts/load.js';
import { COUNTER, type LoadRecorder, MEASURE } from '../../metrics/load-recorder.js';
import { DUPLICATE, LATE, WriterLedger } from '../../metrics/writer-ledger.js';
import type { ReceiveTracer } from '../../traces/receive-tracer.js';
import { BatchReader, isBatch } from '../../wire/batch.js';
import type { MessageView } from '../../wire/parser.js';
import { emptyStamp } from '../../wire/stamp.js';
import { readMessageStamp } from '../../wire/stamp-header.js';

const WRITERS = 65_536;
/** The stamp of another machine's clock gives such lags, of either sign. */
const ABSURD_LAG_NS = NS.h;

/** What subscribers receive, event by event. Recording it allocates nothing. */
export class Arrivals {
  /** Events that each subscriber received, those of a writer twice only once. */
  readonly bySubscriber: Float64Array;
  /** When the last message was read, monotonic. */
  lastNs = 0;
  readonly #ledgers: readonly WriterLedger[];
  /** 1 for a writer all of whose events a subscriber must receive: a gap in its sequence is a loss. */
  readonly #isWhole = new Uint8Array(WRITERS);
  readonly #stamp = emptyStamp();
  readonly #batch = new BatchReader();
  readonly #tracer: ReceiveTracer | undefined;
  #recorder: LoadRecorder | undefined;

  /** @param wholeWriters those that `writersHeardWhole` tells; none where subscribers share what comes */
  constructor(
    subscribers: number,
    wholeWriters: readonly number[],
    fromTheBeginning: boolean,
    tracer?: ReceiveTracer,
  ) {
    this.#tracer = tracer;
    this.bySubscriber = new Float64Array(subscribers);
    for (const writer of wholeWriters) this.#isWhole[writer] = 1;
    const ledgers = wholeWriters.length > 0 ? subscribers : 0;
    this.#ledgers = Array.from(
      { length: ledgers },
      () => new WriterLedger(fromTheBeginning ? wholeWriters : []),
    );
  }

  /** Counts from now on; what comes before is nobody's business. */
  begin(recorder: LoadRecorder): void {
    this.#recorder = recorder;
  }

  /**
   * One message, for one subscriber. The hot path.
   *
   * @param atNs when it was read, or, for a subscriber that is slow, will have been worked off
   */
  add(view: MessageView, subscriber: number, readNs: number, atNs: number): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    this.lastNs = readNs;
    const { headerStart, payloadStart, payloadEnd } = view;
    const stamp = this.#stamp;
    const isTraced = this.#tracer !== undefined && headerStart < payloadStart;
    if (readMessageStamp(view, stamp)) {
      if (isTraced) this.#tracer!.received(view, stamp.dueNs, atNs);
      const bytes = payloadEnd - payloadStart;
      this.#addEvent(recorder, subscriber, stamp.writer, stamp.sequence, stamp.dueNs, bytes, atNs);
    } else if (isBatch(view)) {
      if (isTraced) this.#tracer!.received(view, readNs, atNs);
      this.#addBatch(recorder, view, subscriber, atNs);
    } else {
      if (isTraced) this.#tracer!.received(view, readNs, atNs);
      this.#addUnstamped(recorder, subscriber, payloadEnd - payloadStart, readNs);
    }
  }

  #addEvent(
    recorder: LoadRecorder,
    subscriber: number,
    writer: number,
    sequence: number,
    dueNs: number,
    bytes: number,
    atNs: number,
  ): void {
    const phase = recorder.phaseAt(dueNs);
    if (this.#isWhole[writer] === 1) {
      const ledger = this.#ledgers[subscriber]!;
      const what = ledger.track(writer, sequence, dueNs);
      if (what === DUPLICATE) {
        recorder.count(COUNTER.duplicates, phase, 1);
        return;
      }
      if (what === LATE) recorder.count(COUNTER.lost, phase, -1);
      else if (ledger.gap > 0) recorder.count(COUNTER.lost, phase, ledger.gap);
    }
    recorder.count(COUNTER.received, phase, 1);
    recorder.count(COUNTER.bytes, phase, bytes);
    this.bySubscriber[subscriber]!++;
    const lagNs = atNs - dueNs;
    if (lagNs >= 0 && lagNs < ABSURD_LAG_NS) recorder.latency(MEASURE.lag, dueNs, lagNs);
  }

  /** The events of a batch, each on its own; one that is cut, or lies, is a foreign message. */
  #addBatch(recorder: LoadRecorder, view: MessageView, subscriber: number, atNs: number): void {
    const batch = this.#batch;
    const { payloadStart, payloadEnd } = view;
    if (!batch.open(view)) {
      this.#addUnstamped(recorder, subscriber, payloadEnd - payloadStart, atNs);
      return;
    }
    recorder.count(COUNTER.bytes, recorder.phaseAt(atNs), payloadEnd - payloadStart);
    while (batch.next()) {
      const { writer, sequence, dueNs } = batch.stamp;
      if (batch.stamped) this.#addEvent(recorder, subscriber, writer, sequence, dueNs, 0, atNs);
      else this.#addUnstamped(recorder, subscriber, 0, atNs);
    }
  }

  /** A foreign message is received, and that is all that can be said of it. */
  #addUnstamped(recorder: LoadRecorder, subscriber: number, bytes: number, readNs: number): void {
    const phase = recorder.phaseAt(readNs);
    recorder.count(COUNTER.received, phase, 1);
    recorder.count(COUNTER.bytes, phase, bytes);
    this.bySubscriber[subscriber]!++;
  }
}

/** The writers whose every event somebody receives who listens to these subjects. */
export function writersHeardWhole(writers: readonly EventWriter[], filters: readonly string[]): number[] {
  return writers
    .filter(({ subjects }) =>
      subjects.every((subject) => filters.some((filter) => subjectMatches(filter, subject))),
    )
    .map(({ writer }) => writer);
}
