import { NS, nowNs, sleep } from '../base/clock.js';
import type { FaultPlan } from '../contracts/plan.js';
import type { FaultSettled } from '../contracts/run-result.js';
import { formatTarget } from '../scenario/timeline.js';
import { type FaultSessionResult, type FaultSurroundings, runFault } from './fault-session.js';

export interface FaultConductorOptions extends Omit<FaultSurroundings, 'onBegin'> {
  /** The load's monotonic start: faults are due from here. */
  readonly startNs: number;
  /** The first of the faults that overlap is about to begin. */
  onStormBegin(): Promise<void>;
  /** The last of them is reverted and the system is steady again, or was given up on. */
  onStormEnd(atNs: number): void;
  /** Waits until the system is steady again, as long as a recovery may take. */
  settle(signal: AbortSignal): Promise<FaultSettled>;
}

/** Runs every fault of the plan at its time; resolves when all are reverted. Never rejects: a fault's failure is data. */
export async function conductFaults(
  faults: readonly FaultPlan[],
  options: FaultConductorOptions,
  signal: AbortSignal,
): Promise<FaultSessionResult[]> {
  let raging = 0;

  const conduct = async (plan: FaultPlan): Promise<FaultSessionResult> => {
    try {
      await sleep(Math.max(0, (options.startNs + plan.atNs - nowNs()) / NS.ms), signal);
    } catch {
      const { id, kind } = plan;
      const target = formatTarget(plan.target);
      return {
        id,
        kind,
        target,
        targets: [],
        status: 'not-run',
        detail: 'the run ended before it',
        injectedNs: 0,
        revertedNs: 0,
      };
    }
    let began = false;
    const around: FaultSurroundings = {
      ...options,
      onBegin: async () => {
        began = true;
        if (raging++ === 0) await options.onStormBegin();
      },
    };
    const result = await runFault(plan, around, signal);
    if (began) {
      // Catching up belongs to the fault: its phase ends when the system is steady again.
      const settled = signal.aborted ? undefined : await options.settle(signal).catch(() => undefined);
      if (--raging === 0) options.onStormEnd(nowNs());
      if (settled) return { ...result, settled };
    }
    return result;
  };

  return Promise.all(faults.map(conduct));
}
