import type { Cluster } from './cluster.js';
import type { SystemControl } from './control.js';

/** What a probe looks at things with. */
export interface ProbeContext {
  readonly cluster: Cluster;
  readonly control: SystemControl;
  /** A look that lasts longer does not hold. */
  readonly timeoutMs: number;
}

export interface ProbeLook {
  readonly holds: boolean;
  /** For people. */
  readonly saw: string;
}

/** Looks once, without waiting for anything to become true. What it cannot look at does not hold. */
export interface Probe {
  look(context: ProbeContext): Promise<ProbeLook>;
}

/** A kind of probe, as the map of plug-ins holds it. */
export interface ProbeKind {
  readonly kind: string;
  /** One line for the docs. */
  readonly summary: string;
  create(params: Readonly<Record<string, unknown>>): Probe;
}
