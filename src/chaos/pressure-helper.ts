import { NS } from '../base/clock.js';
import { StormglassError } from '../base/errors.js';
import type { FaultContext, FaultStage } from '../contracts/fault.js';
import type { ServerAccess } from '../contracts/load.js';
import type { Helper, HelperOptions } from '../contracts/machine.js';
import type { EndFaultProcesses } from '../contracts/undo.js';
import type { PressureReport, PressureTask } from './pressure/pressure-task.js';
import type { Look } from './pressure-look.js';

/** A pressure process that nobody ends does so itself, so long after its fault was to be over. */
const OVERTIME_MS = 30_000;

type Manners = Pick<HelperOptions, 'niceness' | 'cpus'>;

/** The process that does a fault's work: what undoes it, how it is begun, and what the system says of it. */
export class PressureHelper {
  #helper: Helper | undefined;

  /** Ends it, whoever started it. */
  record(context: FaultContext): EndFaultProcesses {
    const { id, runId } = context;
    return {
      kind: 'end-fault-processes',
      id: `${id}-processes`,
      what: `end the processes of ${id}`,
      manual: `end the processes with STORMGLASS_RUN=${runId} in their environment and ${tagOf(context)} among their arguments`,
      mark: runId,
      tag: tagOf(context),
    };
  }

  async start(context: FaultContext, task: PressureTask, manners: Manners = {}): Promise<void> {
    const { runId, machine, forNs, signal } = context;
    const maxMs = Math.ceil(forNs / NS.ms) + OVERTIME_MS;
    this.#helper = await machine.startHelper({ runId, tag: tagOf(context), task, maxMs, signal, ...manners });
  }

  /** By the system's word: none before and after, one during. */
  async look(context: FaultContext, stage: FaultStage): Promise<Look> {
    const { machine, runId } = context;
    const at = 'pressure process';
    const found = await machine.findHelpers(runId, tagOf(context));
    const saw =
      found.length === 0
        ? `none runs${stage === 'before' ? '' : this.#lastWords()}`
        : `process ${found.map(({ pid }) => pid).join(', ')} runs${this.#words()}`;
    return { at, saw, holds: found.length > 0 === (stage === 'during') };
  }

  /** What the system says that it uses; `undefined` while it does not run. */
  async usage({ machine }: FaultContext) {
    return this.#helper && (await machine.processUsage(this.#helper.process));
  }

  #words(): string {
    const report = this.#helper?.report() as PressureReport | undefined;
    if (report === undefined) return '';
    const figures = Object.entries(report).filter(([, value]) => value !== 0);
    if (figures.length === 0) return '';
    return `, and says: ${figures.map(([name, value]) => `${name} ${value}`).join(', ')}`;
  }

  #lastWords(): string {
    const end = this.#helper?.end();
    return `${end === undefined ? '' : `: it ${end}`}${this.#words()}`;
  }
}

/** Stands among the arguments of a fault's processes. */
export const tagOf = ({ id }: FaultContext): string => `--fault=${id}`;

/** The targets alone, as a client of ours that is no load reaches them. */
export function accessToTargets({ cluster, targets }: FaultContext): ServerAccess {
  return {
    ...cluster.observerAccess,
    servers: targets.map(({ host, clientPort }) => ({ host, port: clientPort })),
  };
}

/** Names of connections begin so; those of no load do. */
export const connectionNameOf = ({ runId, id }: FaultContext): string => `stormglass-fault ${runId} ${id} `;

/** Throws where a target's own pages, in which such a fault shows, are not known. */
export function requirePages({ targets }: FaultContext): void {
  const blind = targets.filter(({ monitorUrl }) => monitorUrl === undefined).map(({ name }) => name);
  if (blind.length === 0) return;
  throw new StormglassError(
    'expectation',
    `the monitoring endpoint of ${blind.join(', ')} is not known: nothing would prove the fault`,
    { hint: 'name it in the scenario: cluster.monitor-urls' },
  );
}
