import type { ExitName } from '../base/errors.js';

/** Why a run was asked to stop early. */
export type InterruptionExit = Extract<ExitName, 'interrupted' | 'terminated'>;

/** The reason an aborted signal carries: not an error of the run. */
export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted';
  constructor(
    readonly exit: InterruptionExit,
    by: string,
  ) {
    super(`stopped by ${by}`);
  }
}

/**
 * Ctrl-C and SIGTERM, as the run sees them. The first request ends the load and whatever is waited for; faults are
 * still reverted, what can be checked is checked, reports are written. The second skips everything that only
 * costs time: draining, settling, reading back.
 */
export class Interruption {
  readonly #soft = new AbortController();
  readonly #hard = new AbortController();
  #exit: InterruptionExit | undefined;
  #hasVerdict = false;

  /** Aborts at the first request. */
  get signal(): AbortSignal {
    return this.#soft.signal;
  }

  /** Aborts at the second request. */
  get hurry(): AbortSignal {
    return this.#hard.signal;
  }

  /** The first request decides how the run is said to have ended. */
  get exit(): InterruptionExit | undefined {
    return this.#exit;
  }

  /** Whether there was nothing left to be stopped, but for the writing of the report. */
  get hasVerdict(): boolean {
    return this.#hasVerdict;
  }

  /** The run has its verdict: no request changes that any more. */
  reachVerdict(): void {
    this.#hasVerdict = true;
  }

  /** `by`: what asked for it, for people: `Ctrl-C`. */
  request(exit: InterruptionExit, by: string): void {
    if (this.#exit === undefined) {
      this.#exit = exit;
      this.#soft.abort(new RunInterrupted(exit, by));
    } else {
      this.#hard.abort(new RunInterrupted(this.#exit, by));
    }
  }
}
