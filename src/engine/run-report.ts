import type { Reporter } from '../contracts/reporter.js';
import type { RunResult } from '../contracts/run-result.js';
import { findingOf } from './stages.js';
import type { Finding } from './verdict.js';

/** The report of a run as its reporters write it, one after the other. */
export class RunReport {
  readonly #weigh: (unwritten: readonly Finding[]) => RunResult;
  readonly #unwritten: Finding[] = [];
  readonly #written: string[] = [];
  #result: RunResult;

  /** `weigh`: the result, given what kept reports from being written. */
  constructor(weigh: (unwritten: readonly Finding[]) => RunResult) {
    this.#weigh = weigh;
    this.#result = weigh([]);
  }

  /** As the next reporter is told it. */
  get result(): RunResult {
    return this.#result;
  }

  /** One that could not be written is part of the verdict that the next ones tell. */
  async write(reporters: readonly Reporter[]): Promise<void> {
    for (const reporter of reporters) {
      try {
        await reporter.onEnd?.(this.#result, this.#written);
        this.#written.push(reporter.name);
      } catch (error) {
        this.#unwritten.push(findingOf(error));
        this.#result = this.#weigh(this.#unwritten);
      }
    }
  }

  /** For whoever watched the run, when every file is written. */
  async tell(live: Reporter | undefined): Promise<void> {
    await live?.onEnd?.(this.#result, this.#written);
  }
}
