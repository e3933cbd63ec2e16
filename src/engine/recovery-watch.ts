import { NS, nowNs, sleep } from '../base/clock.js';
import { orAborted } from '../base/or-aborted.js';
import { withDeadline } from '../base/wait.js';
import type { SystemControl } from '../contracts/control.js';
import type { JournalEvent } from '../contracts/journal.js';
import type { BacklogReading, RecoverySign } from '../metrics/recovery-steps.js';
import type { Journal } from './journal.js';
import type { SteadyState } from './steady-state.js';

const LOOK_EVERY_MS = 250;
const BACKLOG_EVERY_NS = NS.s;
/** It asks for stream after stream: of many, each may take its time while servers are away. */
const BACKLOG_WITHIN_MS = 10_000;
/** An election storm must not fill the memory; later signs tell nothing new then. */
const MOST_SIGNS = 10_000;

export interface RecoveryWatchOptions {
  readonly control: Pick<SystemControl, 'backlog'>;
  readonly steadyState: Pick<SteadyState, 'look'>;
  readonly journal: Pick<Journal, 'write'>;
  /** There are streams, whose consumers can be behind. */
  readonly hasStreams: boolean;
  /** A fault holds, or the system has not yet recovered from one. */
  isStorm(): boolean;
}

/** Writes down what anybody outside can see of a fault and of the recovery from it: the steps are read off that afterwards. */
export class RecoveryWatch {
  readonly signs: RecoverySign[] = [];
  /** About one a second. */
  readonly backlog: BacklogReading[] = [];
  readonly #options: RecoveryWatchOptions;
  #isClosed = false;

  constructor(options: RecoveryWatchOptions) {
    this.#options = options;
  }

  /** What the servers, and those who watch them, tell the journal. */
  readonly onEvent = ({ type }: JournalEvent): void => {
    if (type === 'election' || type === 'advisory') this.#note(type);
  };

  /** What happens from here on is no recovery: reading back moves leaders itself. */
  close(): void {
    this.#isClosed = true;
  }

  /** Looks while a fault holds, and counts what is before the consumers all the time. Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#watchSteadiness(signal), this.#watchBacklog(signal)]);
  }

  async #watchSteadiness(signal: AbortSignal): Promise<void> {
    let wasSteady = true;
    while (!signal.aborted) {
      if (this.#options.isStorm()) {
        const wasSeen = wasSteady;
        // A look ends with its slowest question; the first sign is what counts.
        const look = await this.#options.steadyState.look((missing) => {
          if (wasSteady && !signal.aborted) this.#noteSteadiness(false, `${missing.probe}: ${missing.saw}`);
          wasSteady = false;
        });
        if (look.steady && !wasSeen && !signal.aborted) this.#noteSteadiness(true, 'all holds again');
        wasSteady = look.steady;
      } else {
        // What a storm left unsteady is that storm's: it is nothing that the next one could get over.
        wasSteady = true;
      }
      await sleep(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }

  async #watchBacklog(signal: AbortSignal): Promise<void> {
    if (!this.#options.hasStreams) return;
    while (!signal.aborted) {
      const startNs = nowNs();
      // While nobody can say, nothing is known: the reading is left out.
      const asking = withDeadline(this.#options.control.backlog(), BACKLOG_WITHIN_MS, 'the answer');
      const messages = await orAborted(asking, signal).catch(() => undefined);
      if (messages !== undefined && this.backlog.length < MOST_SIGNS) {
        this.backlog.push({ atNs: nowNs(), messages });
      }
      await sleep(Math.max(0, (startNs + BACKLOG_EVERY_NS - nowNs()) / NS.ms), signal).catch(() => {});
    }
  }

  #noteSteadiness(holds: boolean, saw: string): void {
    this.#note(holds ? 'steady' : 'unsteady');
    this.#options.journal.write('probe', { probe: 'steady state', holds, saw });
  }

  #note(what: RecoverySign['what']): void {
    if (!this.#isClosed && this.signs.length < MOST_SIGNS) this.signs.push({ atNs: nowNs(), what });
  }
}
