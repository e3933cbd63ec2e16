import { NS, nowNs, sleep } from '../base/clock.js';
import { formatInteger } from '../base/units.js';
import { withDeadline } from '../base/wait.js';
import type { SystemControl } from '../contracts/control.js';
import type { IntervalReport } from '../contracts/load.js';
import type { ConditionMeasure, ConditionPlan } from '../contracts/plan/condition.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import { type Momentary, measureLastSecond } from '../metrics/last-second.js';
import { compare, exactly } from '../metrics/statistic-bounds.js';
import type { ConditionSight, ConditionWatch } from './condition-watch.js';

const LOOK_EVERY_MS = 1_000;
/** Who cannot say how many messages wait, as without a leader, is asked again. */
const ANSWER_WITHIN_MS = 2_000;

export interface RunningConditionsOptions {
  readonly control: Pick<SystemControl, 'backlog' | 'streamBounds'>;
  readonly loads: readonly LoadPlan[];
  /** Whether the operations of a kind of load are acknowledged. */
  acknowledged(kind: string): boolean;
}

/** Measures conditions once a second while the load runs: by the last reports of its workers, and by asking the servers. */
export class RunningConditions implements ConditionWatch {
  readonly #options: RunningConditionsOptions;
  /** By load, by worker. */
  readonly #lastReports = new Map<string, Map<number, IntervalReport>>();

  constructor(options: RunningConditionsOptions) {
    this.#options = options;
  }

  addReport(report: IntervalReport): void {
    const ofLoad = this.#lastReports.get(report.load) ?? new Map<number, IntervalReport>();
    this.#lastReports.set(report.load, ofLoad.set(report.worker, report));
  }

  async waitFor(
    condition: ConditionPlan,
    withinNs: number,
    signal: AbortSignal,
  ): Promise<ConditionSight | undefined> {
    const deadlineNs = nowNs() + withinNs;
    for (;;) {
      signal.throwIfAborted();
      const measured = await this.#measure(condition.of);
      // What cannot be measured does not hold, and neither does what operations without an answer leave open.
      if (measured && compare(measured.bounds, condition.comparison, condition.bound) === true)
        return { saw: measured.text };
      const leftMs = (deadlineNs - nowNs()) / NS.ms;
      if (leftMs <= 0) return undefined;
      await sleep(Math.min(LOOK_EVERY_MS, leftMs), signal);
    }
  }

  async #measure(of: ConditionMeasure): Promise<Momentary | undefined> {
    if (of.kind === 'load') return this.#measureLoad(of);
    const { control } = this.#options;
    const ask = async (): Promise<number | undefined> =>
      of.kind === 'backlog'
        ? control.backlog(of.stream, of.consumer)
        : (await control.streamBounds(of.stream))?.messages;
    const count = await withDeadline(ask(), ANSWER_WITHIN_MS, 'the answer').catch(() => undefined);
    if (count === undefined) return undefined;
    const what = of.kind === 'backlog' ? 'backlog' : `messages of ${of.stream}`;
    return { bounds: exactly(count), text: `${what} = ${formatInteger(count)}` };
  }

  #measureLoad(of: Extract<ConditionMeasure, { kind: 'load' }>): Momentary | undefined {
    const reports = [...(this.#lastReports.get(of.load)?.values() ?? [])];
    const kind = this.#options.loads.find(({ name }) => name === of.load)?.kind;
    const acknowledged = kind !== undefined && this.#options.acknowledged(kind);
    const measured = measureLastSecond(reports, { ...of, acknowledged }, nowNs());
    return measured && { ...measured, text: `${of.load}.${of.measure} ${measured.text}` };
  }
}
