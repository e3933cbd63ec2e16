import type { Capability, Cluster, ClusterNode } from './cluster.js';
import type { SystemControl } from './control.js';
import type { Direction } from './links.js';
import type { Machine } from './machine.js';
import type { MonitorPages } from './monitor.js';
import type { UndoRecord } from './undo.js';

export type FaultStage = 'before' | 'during' | 'after';

/**
 * What a look from outside showed. `holds` answers the stage's question: before, is it as it should be without the
 * fault, so that a difference proves something; during, has it bitten; after, is it gone.
 */
export interface Evidence {
  readonly holds: boolean;
  readonly looks: readonly { readonly at: string; readonly saw: string }[];
}

export interface FaultContext {
  /** Unique within the run: `fault-3`. */
  readonly id: string;
  readonly runId: string;
  readonly cluster: Cluster;
  /** Past every link that a fault may cut. */
  readonly control: SystemControl;
  /** The one that stormglass runs on. */
  readonly machine: Machine;
  /** Those who watch, for a fault that takes the sight of them away. */
  readonly monitor: MonitorPages;
  readonly targets: readonly ClusterNode[];
  /** How long it is to hold; 0 for an act that is over when it is done. */
  readonly forNs: number;
  /** For what a fault draws: the same fault of the same plan draws the same. */
  readonly seed: number;
  /** A directory of the run's own, removed with it. */
  readonly workDir: string;
  readonly signal: AbortSignal;
}

/** Who cannot take part while a fault holds: what the guard over every Raft group's quorum reckons with. */
export interface Impact {
  /** Nodes that do not answer. */
  readonly down: readonly string[];
  /** Never more than one of `down` at the same time: each is to be reckoned with alone. */
  readonly oneAtATime?: true;
  /** Ways that no data takes. */
  readonly cuts: readonly Direction[];
}

/** One fault on its resolved targets. The engine calls in this order; a method may be called again. */
export interface Fault {
  /** How long `inject` may take before it is given up and undone; two minutes unless told. */
  readonly injectWithinNs?: number;
  /** Nobody is away unless this says so. Changes nothing. */
  impact?(context: FaultContext): Impact;
  /** Data that undoes what `inject` will do; it is on disk before `inject` is called. Changes nothing. */
  prepare(context: FaultContext): Promise<readonly UndoRecord[]>;
  inject(context: FaultContext): Promise<void>;
  /** Looks from outside, without waiting: called again until it holds or the time for it is up. */
  observe(context: FaultContext, stage: FaultStage): Promise<Evidence>;
}

/** What a fault has to itself on a node while it holds: two that overlap there contradict each other. */
export type FaultClaim = 'process' | 'store' | 'clock' | 'settings';

/**
 * Which nodes a fault takes away from their Raft groups, as far as its parameters tell before it is made: all its targets,
 * or one of them after the other; a minority that is not known, as many as the cluster can do without; or none.
 */
export type TakenDown = 'all' | 'one-at-a-time' | 'minority' | 'none';

type Parameters = Readonly<Record<string, unknown>>;

/** A kind of fault, as the map of plug-ins holds it. */
export interface FaultKind {
  readonly kind: string;
  /** One line for --help and the docs. */
  readonly summary: string;
  /** What it needs of the driver whatever its parameters. */
  readonly needs: readonly Capability[];
  /** What it needs beside that with these parameters: `routes` or `clients` links, for one. */
  needsWith?(params: Parameters): readonly Capability[];
  readonly claims: readonly FaultClaim[];
  /** What it does follows from its seed: it draws when it is made. */
  readonly drawsBySeed?: true;
  /** Unless told: all, where it claims their processes, and else none. What `impact` says, once the targets are known. */
  takesDown?(params: Parameters): TakenDown;
  /** Versions of nats-server that it starts nodes with, beside the one that the cluster runs: provided at preflight. */
  serverVersions?(params: Parameters): readonly string[];
  /** Why this machine cannot do it (a privilege, a kernel's feature, a program), for people; asked at preflight. */
  findLack?(params: Parameters, machine: Machine): Promise<FaultLack | undefined>;
  create(params: Parameters): Fault;
}

export interface FaultLack {
  /** `mounting a file system needs root`. */
  readonly what: string;
  /** What to do about it. */
  readonly hint: string;
}
