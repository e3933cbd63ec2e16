import type { MonitorPages } from '../contracts/monitor.js';
import type { ConditionWatch } from './condition-watch.js';
import { FaultConductor } from './fault-conductor.js';
import { FaultGuards } from './fault-guards.js';
import type { LoadPhases } from './load-phases.js';
import type { LoadStageOptions } from './load-stage.js';
import { unsteadiness } from './steady-state.js';

/** What faults must know of the load that they fall into. */
export interface LoadUnderFaults {
  /** Monotonic: faults are due from here. */
  readonly startNs: number;
  readonly conditions: ConditionWatch;
  readonly phases: LoadPhases;
  readonly monitor: MonitorPages;
}

/** Who makes the faults that fall into a load; `signal` ends those that hold, and keeps others from beginning. */
export function faultsOfLoad(
  { startNs, conditions, phases, monitor }: LoadUnderFaults,
  options: LoadStageOptions,
  signal: AbortSignal,
): FaultConductor {
  const { plan, runId, workDir, services, cluster, control, steadyState, journal, undo } = options;
  const { guards } = plan;
  const { healNs } = plan.limits;
  const recoverNs = plan.steadyState.recoverWithinNs ?? healNs;
  const claimsOf = (kind: string) => services.faultKind(kind).claims;
  return new FaultConductor(
    {
      guards: new FaultGuards({ guards, cluster, control, healNs, claimsOf }),
      longestNs: guards.longestNs,
      conditions,
      startNs,
      runId,
      workDir,
      cluster,
      control,
      machine: services.machine,
      monitor,
      journal,
      undo,
      hurry: options.interruption.hurry,
      healNs,
      create: (fault) => services.faultKind(fault.kind).create(fault.params),
      resolveTargets: (target, until) => services.resolveTargets(target, cluster, control, until),
      onStormBegin: () => phases.beginStorm(),
      onStormEnd: (atNs) => phases.endStorm(atNs),
      settle: async (until) => {
        const { steady, afterNs, ...look } = await steadyState.settle(recoverNs, until);
        return { steady, afterNs, ...(!steady && { unsteady: unsteadiness({ steady, ...look }) }) };
      },
    },
    signal,
  );
}
