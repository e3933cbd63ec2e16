import type { LoadScene } from '../contracts/load.js';
import type { ClusterPlan } from '../contracts/plan/cluster.js';
import type { RunLimits } from '../contracts/plan/limits.js';
import type { Plan } from '../contracts/plan.js';
import { type ReadRules, resolveAlerts } from './alerts/resolve-alerts.js';
import { applySets } from './apply-sets.js';
import type { DataFiles } from './data-files.js';
import { resolveFaults } from './faults/resolve-faults.js';
import { furnishLoads } from './furnish-loads.js';
import { isMap, kindSchemas } from './kinds.js';
import { parsePart, repairKeys } from './parse-part.js';
import { parseYaml } from './parse-yaml.js';
import { placeFindings } from './place-findings.js';
import type { ScenarioPlugins } from './plugins.js';
import { Findings, type Path, ScenarioError, type ScenarioProblem } from './problem.js';
import { recoveryEndNs } from './recovery-end.js';
import { resolveChecks } from './resolve-checks.js';
import { resolveCluster } from './resolve-cluster.js';
import type { ConditionScene } from './resolve-condition.js';
import { resolveEvents } from './resolve-events.js';
import { resolveGuards } from './resolve-guards.js';
import { checkCaptured, resolveLoads } from './resolve-loads.js';
import { resolveMonitor } from './resolve-monitor.js';
import { resolveSteadyState } from './resolve-steady-state.js';
import { resolveStreams } from './resolve-streams.js';
import { resolveThresholds } from './resolve-thresholds.js';
import { resolveTraces } from './resolve-traces.js';
import { limitsSchema, rootSchema } from './root-schema.js';

export interface ResolveOptions {
  /** How errors call the file. */
  readonly file: string;
  readonly plugins: ScenarioPlugins;
  /** The files that the scenario names. */
  readonly files: DataFiles;
  /** The seed when neither the scenario nor `seed` has one. */
  readonly drawnSeed: number;
  /** Takes the place of the scenario's seed. */
  readonly seed?: number;
  /** `path=value`, each put into the scenario before it is checked. */
  readonly sets?: readonly string[];
  /** Reads the rules that `alerts` are expected of; without it, their names are not checked. */
  readonly readRules?: ReadRules;
  /** What is wrong with files that the cluster names; paths are below `cluster`. The one look outside, handed in. */
  readonly inspectCluster?: (cluster: ClusterPlan) => readonly {
    readonly path: Path;
    readonly message: string;
    readonly hint?: string | undefined;
  }[];
}

/**
 * The text of a scenario → the plan of its run. Pure: the same text, files, options and seed give the same plan. Throws a
 * ScenarioError that holds everything that is wrong.
 */
export function resolvePlan(text: string, options: ResolveOptions): Plan {
  const { file, sets = [] } = options;
  const source = { ...parseYaml(text, file), file };
  const { setNodes, problems } = applySets(source.document, sets, file);
  const findings = new Findings();
  const plan = resolveSections(source.document.toJS(), options, findings);
  const all: ScenarioProblem[] = [...placeFindings(findings.all, source, setNodes), ...problems];
  if (options.seed !== undefined && !(Number.isSafeInteger(options.seed) && options.seed >= 0)) {
    const message = `expected a whole number from 0 on, but it is \`${options.seed}\``;
    all.push({ file, option: '--seed', path: '', message });
  }
  if (all.length > 0) throw new ScenarioError(all);
  return plan as Plan;
}

function resolveSections(scenario: unknown, options: ResolveOptions, findings: Findings): Plan | undefined {
  const { plugins } = options;
  const schemas = kindSchemas(plugins);
  // The sections are taken as they stand, so that an error in one does not hide those in another.
  const raw = repairKeys(rootSchema, scenario, [], findings) as Readonly<Record<string, unknown>>;
  const root = parsePart(rootSchema, raw, [], findings);
  const faultValues = listOf(raw.faults);
  const seed = options.seed ?? root?.seed ?? options.drawnSeed;

  const cluster = resolveCluster(raw.cluster, schemas, plugins, findings);
  for (const { path, message, hint } of (cluster && options.inspectCluster?.(cluster.plan)) ?? []) {
    findings.add(['cluster', ...path], message, hint);
  }
  const events = resolveEvents(raw.events, options.files, findings);
  if (raw.events === undefined && sendsEvents(raw.load, plugins)) {
    findings.add(['events'], 'this key is missing: what the traffic looks like', EVENTS_HINT);
  }
  const subjects = events?.events.map(({ subject }) => subject);
  const { streams, complete } = resolveStreams(raw.streams ?? [], cluster, subjects, findings);
  const loads = resolveLoads(raw.load, schemas, plugins, events, options.files, findings);
  if (events !== undefined && complete) checkCaptured(loads.loads, events, streams, findings);
  const scene: LoadScene = {
    streams: streams.map(({ plan }) => plan),
    events: events?.events ?? [],
    loads: loads.loads.map(({ plan }) => plan),
    isExternal: cluster?.plan.driver === 'external',
    defaultStorage: cluster?.jetstream?.storage ?? 'file',
    ...(cluster && cluster.plan.nodeNames.length > 0 && { nodes: cluster.plan.nodeNames.length }),
    ...(cluster?.jetstream && { hasJetStream: cluster.jetstream.on }),
  };
  const ownStreams =
    complete && loads.complete ? furnishLoads(loads.loads, raw.load, plugins, scene, findings) : [];
  const loadEndNs = loads.complete ? recoveryEndNs(loads.loads) : undefined;
  const declared = namesOf(raw.streams ?? []);
  const streamNames = declared && [...declared, ...ownStreams.map(({ name }) => name)];
  const allStreams = [...scene.streams, ...ownStreams];
  const conditions: ConditionScene = {
    loads,
    loadNames: namesOf(raw.load),
    streamNames,
    hasJetStream: cluster?.jetstream?.on,
    parseThreshold: plugins.parseThreshold,
  };
  const guards = resolveGuards(raw.guards, conditions, options.files, findings);
  const { files } = options;
  const sections = plugins.monitorSections ?? {};
  const monitor = resolveMonitor(raw.monitor, { sections, events, files }, findings);
  const around = {
    ...conditions,
    schemas,
    plugins,
    files,
    cluster,
    streams: allStreams,
    guards,
    loadEndNs,
    seed,
    monitors: monitor && (monitor.partitions ?? 1),
  };
  const faults = resolveFaults(faultValues, around, findings);
  const nodeNames = cluster?.plan.nodeNames;
  const steadyState = resolveSteadyState(
    raw['steady-state'],
    {
      schemas,
      // Servers of others may have more than the scenario says.
      nodeNames: nodeNames?.length ? nodeNames : undefined,
      streamNames: scene.isExternal ? undefined : streamNames,
    },
    findings,
  );
  const checks = resolveChecks(
    raw.checks,
    { loads, streams: cluster && complete ? allStreams : undefined, isExternal: scene.isExternal },
    plugins,
    findings,
  );
  const thresholds = resolveThresholds(
    isMap(raw.thresholds) ? raw.thresholds : {},
    {
      loads,
      loadNames: namesOf(raw.load),
      hasFaults: raw.faults !== undefined && !(Array.isArray(raw.faults) && raw.faults.length === 0),
      parseThreshold: plugins.parseThreshold,
    },
    findings,
  );
  const alertScene = {
    faults,
    areFaultsKnown: !findings.all.some(({ path }) => path[0] === 'faults'),
    files,
    readRules: options.readRules,
  };
  const alerts = resolveAlerts(raw.alerts, alertScene, findings);
  const traces = resolveTraces(raw.traces, findings);
  const limits = resolveLimits(raw.limits, findings);
  if (findings.all.length > 0 || !root || !cluster || !monitor || !limits) return undefined;
  if (!guards || !steadyState) return undefined;
  return {
    version: 1,
    name: root.name,
    seed,
    cluster: cluster.plan,
    events: scene.events,
    streams: allStreams,
    loads: scene.loads.map((load) =>
      plugins.loads[load.kind]?.preparesOnly?.(load) ? { ...load, workers: 0 } : load,
    ),
    faults,
    guards,
    steadyState,
    checks,
    thresholds,
    ...(alerts && { alerts }),
    monitor,
    ...(traces && { traces }),
    limits,
  };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The names in a list, of those parts too that are wrong otherwise; `undefined` when one has none. */
function namesOf(values: unknown): readonly string[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const names = values.map((value) => (isMap(value) ? value.name : undefined));
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

const EVENTS_HINT = 'Write `events: { mix: [{ domain: orders, types: [Placed], size: 256B }] }`.';

/** Whether any load is of a kind that sends events of the mix. */
const sendsEvents = (values: unknown, { loads }: ScenarioPlugins): boolean =>
  listOf(values).some(
    (value) =>
      isMap(value) &&
      typeof value.kind === 'string' &&
      Object.hasOwn(loads, value.kind) &&
      loads[value.kind]?.facts.events === true,
  );

function resolveLimits(value: unknown, findings: Findings): RunLimits | undefined {
  const limits = parsePart(limitsSchema, value ?? {}, ['limits'], findings);
  if (limits === undefined) return undefined;
  return {
    clusterReadyNs: limits['cluster-ready'],
    steadyNs: limits.steady,
    healNs: limits.heal,
    drainNs: limits.drain,
    finalReadNs: limits['final-read'],
  };
}
