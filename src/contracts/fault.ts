import type { Capability, Cluster, ClusterNode } from './cluster.js';
import type { UndoRecord } from './undo.js';

/** What a look from outside showed. `holds` answers the stage's question: during, has it bitten; after, is it gone. */
export interface Evidence {
  readonly holds: boolean;
  readonly looks: readonly { readonly at: string; readonly saw: string }[];
}

export interface FaultContext {
  readonly cluster: Cluster;
  readonly targets: readonly ClusterNode[];
  readonly signal: AbortSignal;
}

/** One fault on its resolved targets. The engine calls in this order; a method may be called again. */
export interface Fault {
  /** Data that undoes what `inject` will do; it is on disk before `inject` is called. Changes nothing. */
  prepare(context: FaultContext): Promise<UndoRecord[]>;
  inject(context: FaultContext): Promise<void>;
  /** Looks from outside, without waiting: called again until it holds or the time for it is up. */
  observe(context: FaultContext, stage: 'during' | 'after'): Promise<Evidence>;
}

/** A kind of fault, as the map of plug-ins holds it. */
export interface FaultKind {
  readonly kind: string;
  /** One line for --help and the docs. */
  readonly summary: string;
  readonly needs: readonly Capability[];
  create(params: Readonly<Record<string, unknown>>): Fault;
}
