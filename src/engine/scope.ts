import { messageOf } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';

export interface CloseFailure {
  readonly what: string;
  readonly error: unknown;
}

/**
 * What a run has open. Closed in reverse order, whatever happened; one that fails or hangs does not keep the others
 * open.
 */
export class Scope {
  readonly #open: { readonly what: string; readonly close: () => Promise<void> }[] = [];
  readonly #deadlineMs: number;

  constructor(deadlineMs = 30_000) {
    this.#deadlineMs = deadlineMs;
  }

  /** Registers what closes something that was just opened. */
  add(what: string, close: () => Promise<void>): void {
    this.#open.push({ what, close });
  }

  /** Registers a resource and hands it back. */
  use<T extends AsyncDisposable>(what: string, resource: T): T {
    this.add(what, async () => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Closes everything that is open, newest first; returns what could not be closed. */
  async close(): Promise<CloseFailure[]> {
    const failures: CloseFailure[] = [];
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      try {
        await withDeadline(next.close(), this.#deadlineMs, `closing ${next.what}`);
      } catch (error) {
        failures.push({
          what: next.what,
          error: new Error(`${next.what}: ${messageOf(error)}`, { cause: error }),
        });
      }
    }
    return failures;
  }
}
