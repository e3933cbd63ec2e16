import type { z } from 'zod';
import type { CheckLack, CheckScene, HistoryPart } from '../contracts/checker.js';
import type { Capability } from '../contracts/cluster.js';
import type { FaultClaim, TakenDown } from '../contracts/fault.js';
import type { OperationKind } from '../contracts/history.js';
import type { LoadKindFacts, LoadProblem, LoadScene } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import type { ThresholdPlan } from '../contracts/plan/thresholds.js';

/**
 * What a scenario may name beyond the format's own keys. The rooms that own these things bring the schemas of their
 * own parameters; the map of them is handed in, so that reading a scenario depends on none of them.
 */
export interface ScenarioPlugins {
  readonly drivers: Readonly<Record<string, DriverPlugin>>;
  readonly loads: Readonly<Record<string, LoadPlugin>>;
  readonly faults: Readonly<Record<string, FaultPlugin>>;
  readonly probes: Readonly<Record<string, ProbePlugin>>;
  readonly checks: Readonly<Record<string, CheckPlugin>>;
  readonly monitorSections?: MonitorSections;
  readonly parseThreshold: ParseThreshold;
}

/** Sections of the monitor's configuration, by name: each belongs to somebody who follows events. */
export type MonitorSections = Readonly<Record<string, MonitorSection>>;

export interface MonitorSection {
  /** Where the section is not there, nothing is parsed: what holds then, its owner knows. */
  readonly schema: z.ZodType;
}

/** Every key of a plug-in's schema should carry a description: the JSON Schema and editors show it. */
export type ParameterSchema = z.ZodObject;

type Parameters = Readonly<Record<string, unknown>>;

export interface DriverPlugin {
  /** The keys of `cluster`, less `driver`. */
  readonly schema: ParameterSchema;
  /** What the driver lets faults do, whatever its parameters. */
  readonly capabilities: readonly Capability[];
  /** What it lets them do beside that with these parameters. */
  capabilitiesWith?(parameters: Parameters): readonly Capability[];
  /** How a scenario makes that so: `give each of cluster.nodes a …`. */
  readonly handOver?: Readonly<Partial<Record<Capability, string>>>;
  /** The names of the nodes, where they are known before the cluster runs. */
  nodeNames?(parameters: Parameters): readonly string[];
  /** Whether JetStream is on, where that is known, and where its streams keep their messages unless they say so. */
  jetstream?(parameters: Parameters): { readonly on: boolean; readonly storage?: 'file' | 'memory' };
}

export interface LoadPlugin {
  /** The keys of a load of this kind, less name, kind, domains, rate, stages, for and workers. */
  readonly schema: ParameterSchema;
  readonly facts: LoadKindFacts;
  /** The parameters with paths that are good everywhere, for a kind that names files of the user's. */
  locatePaths?(params: Parameters, locate: (path: string) => string): Parameters;
  /** What is wrong with such a load in its scenario, that its schema alone cannot tell. */
  findProblems?(load: LoadPlan, scene: LoadScene): readonly LoadProblem[];
  /** Streams that this load needs beside those of the scenario: made with the others. */
  streams?(load: LoadPlan, scene: LoadScene): readonly StreamPlan[];
  /** What it reads from that other loads may read from, too: `STREAM > CONSUMER`. */
  consumers?(load: LoadPlan): readonly string[];
  /** Such a load is made ready before the others start, and has no part in what they do. */
  preparesOnly?(load: LoadPlan): boolean;
}

export interface FaultPlugin {
  /** The keys of a fault of this kind, less kind, at, target and the one that says how long it holds. */
  readonly schema: ParameterSchema;
  readonly needs: readonly Capability[];
  /** What it needs beside that with these parameters. */
  needsWith?(params: Parameters): readonly Capability[];
  /** What it has to itself on a node while it holds: two that overlap there contradict each other. */
  readonly claims: readonly FaultClaim[];
  /** The key that says how long the fault holds: `for` unless told; `null` for an act that is over when it is done. */
  readonly durationKey?: string | null;
  /** Whom it hits where the scenario does not say: without it, `target` must be there. */
  readonly defaultTarget?: string;
  /** What it hits where that is no node, for people: then nobody is its target, whatever the scenario says. */
  touches?(params: Parameters): readonly string[];
  /**
   * Which of its targets are away from their Raft groups while it holds, as far as its parameters tell. Unless told: all,
   * where it claims their processes, and else none.
   */
  takesDown?(params: Parameters): TakenDown;
  /** What it does follows from its seed: it draws when it is made. */
  readonly drawsBySeed?: true;
  /** The parameters with paths that are good everywhere, for a kind that names files of the user's. */
  locatePaths?(params: Parameters, locate: (path: string) => string): Parameters;
}

export interface ProbePlugin {
  /** The keys of a probe of this kind, less name, kind and throughout. */
  readonly schema: ParameterSchema;
}

export interface CheckPlugin {
  /** The operations that it judges; none when it needs no history. */
  readonly judges: readonly OperationKind[];
  /** What it looks at beside the operations; all there is unless told. */
  readonly needs?: readonly HistoryPart[];
  /** Its options; absent when it has none. */
  readonly schema?: ParameterSchema;
  /** What a scenario lacks for it, beside operations that it judges; `undefined` when it lacks nothing. */
  findLack?(scene: CheckScene): CheckLack | undefined;
}

/**
 * Reads `p99 < 250ms` for a subject such as `orders.ack_latency` or `recovery_time`. Throws an error whose message
 * says what was expected, and whose `hint`, if there is one, what to do.
 */
export type ParseThreshold = (subject: string, expect: string) => ParsedThreshold;

export type ParsedThreshold = Pick<ThresholdPlan, 'load' | 'measure' | 'statistic' | 'comparison' | 'bound'>;
