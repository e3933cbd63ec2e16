import { nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { Cluster } from '../contracts/cluster.js';
import type { SteadyLook, SteadyProbe, SystemControl } from '../contracts/control.js';
import type { ProbePlan } from '../contracts/plan/steady-state.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import type { Probe, ProbeLook } from '../contracts/probe.js';

/** Pause between two looks: a look asks every node, and must not become a load of its own. */
const LOOK_EVERY_MS = 250;
/** A question that a dying connection took with it must not hold up the next look. */
const LOOK_WITHIN_MS = 2_000;

export interface SteadyStateOptions {
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly streams: readonly StreamPlan[];
  /** What the scenario looks at beyond what is looked at anyway. */
  readonly probes: readonly ProbePlan[];
  createProbe(plan: ProbePlan): Probe;
}

export interface Settled extends SteadyLook {
  /** How long it took until the system was steady, or how long was waited. */
  readonly afterNs: number;
}

export interface NamedLook extends ProbeLook {
  readonly plan: ProbePlan;
}

/** What steady means for this run: health, routes, leaders, replicas and a message that comes through; and the scenario's probes. */
export class SteadyState {
  readonly #options: SteadyStateOptions;
  readonly #probes: readonly { readonly plan: ProbePlan; readonly probe: Probe }[];

  constructor(options: SteadyStateOptions) {
    this.#options = options;
    this.#probes = options.probes.map((plan) => ({ plan, probe: options.createProbe(plan) }));
  }

  /** One look at everything; never rejects, and takes a few seconds at most. What does not hold is told as soon as it is known. */
  async look(onMissing: (probe: SteadyProbe) => void = () => {}): Promise<SteadyLook> {
    const { control, streams } = this.#options;
    const [own, named] = await Promise.all([
      withDeadline(control.steadyState(streams, onMissing), LOOK_WITHIN_MS, 'the look').catch(
        (error): SteadyLook => ({
          steady: false,
          probes: [{ probe: 'look', holds: false, saw: messageOf(error) }],
        }),
      ),
      this.lookWithProbes(onMissing),
    ]);
    const probes = named.map(({ plan, holds, saw }) => ({ probe: plan.name, holds, saw }));
    return { steady: own.steady && named.every(({ holds }) => holds), probes: [...own.probes, ...probes] };
  }

  /** One look with each of the scenario's probes; never rejects. */
  lookWithProbes(onMissing: (probe: SteadyProbe) => void = () => {}): Promise<readonly NamedLook[]> {
    const { cluster, control } = this.#options;
    return Promise.all(
      this.#probes.map(async ({ plan, probe }) => {
        const told = (seen: ProbeLook): NamedLook => {
          if (!seen.holds) onMissing({ probe: plan.name, ...seen });
          return { plan, ...seen };
        };
        try {
          // Its own deadline comes first, so that it can say what it waited for.
          const look = probe.look({ cluster, control, timeoutMs: LOOK_WITHIN_MS });
          return told(await withDeadline(look, 2 * LOOK_WITHIN_MS, 'the look'));
        } catch (error) {
          return told({ holds: false, saw: messageOf(error) });
        }
      }),
    );
  }

  /** Looks until the system is steady or the time is up, and returns the last look. Rejects only with the signal's reason. */
  async settle(timeoutNs: number, signal: AbortSignal): Promise<Settled> {
    const startNs = nowNs();
    for (;;) {
      signal.throwIfAborted();
      const look = await this.look();
      const afterNs = nowNs() - startNs;
      if (look.steady || afterNs >= timeoutNs) return { ...look, afterNs };
      await sleep(LOOK_EVERY_MS, signal);
    }
  }
}

/** What keeps a look from being steady, for people; empty when it is. */
export function unsteadiness(look: SteadyLook): string {
  return look.probes
    .filter((probe) => !probe.holds)
    .map((probe) => `${probe.probe}: ${probe.saw}`)
    .join('; ');
}
