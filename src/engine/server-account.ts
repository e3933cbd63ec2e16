import { nowNs } from '../base/clock.js';
import type { NodeCounters, SystemControl } from '../contracts/control.js';
import type { GeneratorTask, LoadNotice } from '../contracts/load.js';
import type { LoadResult, ServerCounters } from '../contracts/run-result.js';
import { confirmLoads } from './confirm-loads.js';
import { connectionPrefix } from './generator-tasks.js';
import { wasCutOff } from './notice-book.js';
import { countersBetween, serverVersions } from './server-counters.js';
import type { RunServices } from './services.js';

export interface ServerAccountOptions {
  readonly control: SystemControl;
  readonly runId: string;
  readonly services: Pick<RunServices, 'loadFacts'>;
}

const NOBODY = -1;
/** What servers that have forgotten nothing do not confirm makes a run inconclusive: busy ones get their time. */
const CONFIRM_WITHIN_MS = 10_000;
/** What a server counted before it was started anew, it never confirms. */
const FORGETFUL_CONFIRM_WITHIN_MS = 1_000;

/** What the servers themselves say of a load, beside what its generators do: opened before it, closed after it. */
export class ServerAccount {
  readonly #options: ServerAccountOptions;
  readonly #tasks: readonly GeneratorTask[];
  #before: ReadonlyMap<string, NodeCounters> = new Map();
  #after: ReadonlyMap<string, NodeCounters> = new Map();
  /** By load: what they say they took. */
  #confirmed: Readonly<Record<string, number>> | undefined;

  constructor(options: ServerAccountOptions, tasks: readonly GeneratorTask[]) {
    this.#options = options;
    this.#tasks = tasks;
  }

  async open(): Promise<void> {
    this.#before = await this.#options.control.counters();
  }

  /** `results`: what the loads say by now. Of those that were cut off, `notices` say so. */
  async close(results: () => readonly LoadResult[], notices: readonly LoadNotice[]): Promise<void> {
    this.#after = await this.#options.control.counters();
    if (this.#after.size === 0) return;
    const hasForgotten = countersBetween(this.#before, this.#after).restarted.length > 0;
    const withinMs = hasForgotten ? FORGETFUL_CONFIRM_WITHIN_MS : CONFIRM_WITHIN_MS;
    const awaited = () => results().filter(({ name }) => !wasCutOff(notices, name));
    this.#confirmed = await confirmLoads(this.#tasks, { ...this.#options, results: awaited, withinMs });
  }

  /** What they counted from opening to closing. */
  get counters(): ServerCounters {
    return {
      ...countersBetween(this.#before, this.#after),
      ...(this.#confirmed && { confirmed: this.#confirmed }),
    };
  }

  /** As an environment says it; nothing when no server answered at the end. */
  get versions(): ReturnType<typeof serverVersions> {
    return serverVersions(this.#after);
  }

  /** Whom the servers cut off for reading too slowly has only seen its connection end: they say why it did. */
  async slowConsumers(): Promise<LoadNotice[]> {
    const { control, runId } = this.#options;
    return (await control.slowConsumers(connectionPrefix(runId))).map(({ connectionName, reason, node }) => {
      const task = this.#tasks.find((each) => each.connectionName === connectionName);
      return {
        load: task?.load.name ?? 'monitor',
        worker: task?.worker ?? NOBODY,
        kind: 'slow-consumer',
        text: `cut off by ${node}: ${reason}`,
        atNs: nowNs(),
        count: 1,
      };
    });
  }
}
