import { MEASURE } from '../../metrics/load-recorder.js';
import { BatchReader, isBatch } from '../../wire/batch.js';
import type { MessageView } from '../../wire/parser.js';
import { emptyStamp, type Stamp } from '../../wire/stamp.js';
import { readMessageStamp } from '../../wire/stamp-header.js';
import type { TrafficRun } from '../load-kind.js';

/** How long the events that a load receives were on their way, by their stamps. */
export class EventLag {
  /** Of the message that was recorded last, when `record` said that it has one. */
  readonly stamp: Stamp = emptyStamp();
  readonly #batch = new BatchReader();
  readonly #run: TrafficRun;
  /** What was due before, or is not due yet, is of another run, and of another clock perhaps. */
  readonly #sinceNs: number;

  /** `sinceNs`: when the load of the whole run began, monotonic. */
  constructor(run: TrafficRun, sinceNs: number) {
    this.#run = run;
    this.#sinceNs = sinceNs;
  }

  /**
   * Records the event of a message, or each of its events; what carries no stamp says nothing. True when the message is
   * one event of this run. The hot path.
   */
  record(view: MessageView, readNs: number): boolean {
    const { stamp } = this;
    if (readMessageStamp(view, stamp)) return this.#add(stamp.dueNs, readNs);
    if (isBatch(view)) {
      const batch = this.#batch;
      if (!batch.open(view)) return false;
      while (batch.next()) if (batch.stamped) this.#add(batch.stamp.dueNs, readNs);
    }
    return false;
  }

  #add(dueNs: number, readNs: number): boolean {
    if (dueNs < this.#sinceNs || dueNs > readNs) return false;
    this.#run.recorder.latency(MEASURE.lag, dueNs, readNs - dueNs);
    return true;
  }
}
