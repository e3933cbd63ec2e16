import { NS } from '../../base/clock.js';
import { COUNTER, MEASURE } from '../../metrics/load-recorder.js';
import type { TrafficRun } from '../load-kind.js';
import { countRange } from '../range-counter.js';

/** What was due and not sent by the end of its second never is: it is given up then, as unsent. */
export class UnsentLedger {
  readonly #run: TrafficRun;
  #sent = 0;
  #unsent = 0;
  #second = 0;

  constructor(run: TrafficRun) {
    this.#run = run;
  }

  sent(): void {
    this.#sent++;
  }

  /** Gives up what is left of the seconds that are over. */
  advance(nowNs: number): void {
    const second = Math.floor((nowNs - this.#run.startNs) / NS.s);
    if (second <= this.#second) return;
    this.#second = second;
    this.giveUpBefore(this.#run.startNs + second * NS.s, nowNs);
  }

  /**
   * Nothing is sent any more: counts as due, by `untilNs`, what went out beyond the schedule. It was due when it was sent:
   * ahead of its time in a burst, or after it had been given up.
   */
  settle(untilNs: number): void {
    const { pacer, startNs, recorder } = this.#run;
    const beyond = this.#sent + this.#unsent - pacer.countDue(untilNs - startNs);
    if (beyond > 0) recorder.count(COUNTER.due, recorder.phaseAt(untilNs), beyond);
  }

  /** Gives up what was due before `untilNs`. */
  giveUpBefore(untilNs: number, nowNs: number): void {
    const { pacer, startNs, recorder } = this.#run;
    const first = this.#sent + this.#unsent;
    const count = pacer.countDue(untilNs - startNs - 1) - first;
    if (count <= 0) return;
    this.#unsent += count;
    countRange(this.#run, COUNTER.unsent, first, count);
    for (let operation = first; operation < first + count; operation++) {
      const dueNs = startNs + pacer.dueNs(operation);
      recorder.censored(MEASURE.ackLatency, dueNs, nowNs - dueNs);
      recorder.trouble(dueNs, nowNs, 'unsent');
    }
  }
}
