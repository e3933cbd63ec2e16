import { Document, isMap, isSeq, visit } from 'yaml';
import type { LoadScene } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { StreamPlan } from '../../contracts/plan/streams.js';
import type { ThresholdPlan } from '../../contracts/plan/thresholds.js';
import type { Plan } from '../../contracts/plan.js';
import type { ScenarioPlugins } from '../plugins.js';
import { limitsSchema } from '../root-schema.js';
import { streamSchema } from '../stream-schema.js';
import { writeDuration } from './exact-quantities.js';
import { unparse } from './unparse.js';
import { writeAlerts } from './write-alerts.js';
import { writeEvents } from './write-events.js';
import { type WritePlace, writeFault } from './write-fault.js';
import { writePace } from './write-load.js';
import { writeMonitor } from './write-monitor.js';
import { writeTraces } from './write-traces.js';

/**
 * A scenario from which the plan would come, where its own is gone: everything is there but the comments. Whether it says
 * all of the plan, reading it again tells.
 * @throws RangeError when the plan has something that cannot be written
 */
export function writeScenario(plan: Plan, plugins: ScenarioPlugins, place: WritePlace): string {
  const { name, seed, cluster, guards, steadyState, monitor, limits } = plan;
  const driver = plugins.drivers[cluster.driver]!;
  const { clusterReadyNs, steadyNs, healNs, drainNs, finalReadNs } = limits;
  const whole = {
    version: 1,
    name,
    seed,
    cluster: { driver: cluster.driver, ...textOf('cluster', driver.schema, cluster.params) },
    ...(plan.events.length > 0 && { events: writeEvents(plan.events, monitor, place) }),
    ...list('streams', declaredStreams(plan, plugins).map(writeStream)),
    load: plan.loads.map((load) => writeLoad(load, plugins, place)),
    ...list(
      'faults',
      plan.faults.map((fault) => writeFault(fault, plugins.faults[fault.kind]!, place)),
    ),
    guards: {
      ...(guards.atMost !== undefined && { 'at-most': guards.atMost }),
      ...(guards.longestNs !== undefined && { longest: writeDuration(guards.longestNs) }),
      ...list(
        'abort-on',
        guards.abortOn.map(({ text }) => text),
      ),
      ...(guards.stopFile !== undefined && { 'stop-file': place.relative(guards.stopFile) }),
      ...(guards.allowsQuorumLoss && { 'allow-quorum-loss': true }),
    },
    'steady-state': {
      ...(steadyState.everyNs > 0 && { every: writeDuration(steadyState.everyNs) }),
      ...(steadyState.recoverWithinNs !== undefined && {
        'recover-within': writeDuration(steadyState.recoverWithinNs),
      }),
      ...list(
        'probes',
        steadyState.probes.map(({ kind, params, throughout, ...probe }) => ({
          ...(probe.name !== kind && { name: probe.name }),
          kind,
          ...textOf(`probe ${probe.name}`, plugins.probes[kind]!.schema, params),
          ...(throughout && { throughout }),
        })),
      ),
    },
    ...list(
      'checks',
      plan.checks.map((check) => {
        const { schema } = plugins.checks[check.name]!;
        const options = schema === undefined ? {} : textOf(`check ${check.name}`, schema, check.params);
        return Object.keys(options).length === 0 ? check.name : { [check.name]: options };
      }),
    ),
    thresholds: writeThresholds(plan.thresholds),
    ...(plan.alerts && { alerts: writeAlerts(plan.alerts, place) }),
    monitor: writeMonitor(plan, plugins.monitorSections ?? {}),
    ...(plan.traces && { traces: writeTraces(plan.traces) }),
    limits: textOf('limits', limitsSchema, {
      'cluster-ready': clusterReadyNs,
      steady: steadyNs,
      heal: healNs,
      drain: drainNs,
      'final-read': finalReadNs,
    }),
  };
  return print(whole);
}

const list = (key: string, values: readonly unknown[]): Record<string, unknown> =>
  values.length === 0 ? {} : { [key]: values };

function textOf(what: string, schema: Parameters<typeof unparse>[0], params: Plan['cluster']['params']) {
  const { written, lost } = unparse(schema, params);
  if (lost.length > 0) throw new RangeError(`${what} has ${lost.join(', ')}, which cannot be written`);
  return written;
}

/** Without those that loads make for themselves. */
function declaredStreams(plan: Plan, plugins: ScenarioPlugins): readonly StreamPlan[] {
  const { streams, events, loads, cluster } = plan;
  const jetstream = plugins.drivers[cluster.driver]?.jetstream?.(cluster.params);
  const scene: LoadScene = {
    streams: [],
    events,
    loads,
    isExternal: cluster.driver === 'external',
    defaultStorage: jetstream?.storage ?? 'file',
  };
  const own = loads.flatMap((load) => plugins.loads[load.kind]?.streams?.(load, scene) ?? []);
  return streams.filter((stream) => !own.some(({ name }) => name === stream.name));
}

function writeStream({ name, config }: StreamPlan): Record<string, unknown> {
  const { num_replicas: replicas, ...others } = config;
  return { ...textOf(`stream ${name}`, streamSchema, { name, ...others }), replicas };
}

function writeLoad(load: LoadPlan, plugins: ScenarioPlugins, place: WritePlace): Record<string, unknown> {
  const { name, kind, domains, schedule, atNs, warmUpNs, workers } = load;
  const plugin = plugins.loads[kind]!;
  const arrival = schedule.mode === 'open' ? schedule.arrival : undefined;
  return {
    name,
    kind,
    ...list('domains', domains),
    ...writePace(schedule),
    ...(arrival?.kind === 'poisson' && { arrival: 'poisson' }),
    ...(arrival?.kind === 'bursts' && { arrival: { bursts: arrival.size } }),
    ...(arrival?.kind === 'replay' && { replay: { speed: arrival.speed } }),
    ...(atNs > 0 && { at: writeDuration(atNs) }),
    ...(warmUpNs > 0 && { 'warm-up': writeDuration(warmUpNs) }),
    ...(workers > 1 && { workers }),
    ...textOf(`load ${name}`, plugin.schema, relativePaths(load, plugin, place)),
  };
}

function relativePaths(
  { params }: LoadPlan,
  plugin: ScenarioPlugins['loads'][string],
  { relative, locate }: WritePlace,
): LoadPlan['params'] {
  let now = params;
  for (const [key, value] of Object.entries(params)) {
    if (typeof value !== 'string') continue;
    const changed = { ...now, [key]: relative(value) };
    if (changed[key] !== value && plugin.locatePaths?.(changed, locate)[key] === value) now = changed;
  }
  return now;
}

function writeThresholds(thresholds: readonly ThresholdPlan[]): Record<string, unknown[]> {
  const bySubject: Record<string, unknown[]> = {};
  for (const { text, during } of thresholds) {
    const [subject = ''] = text.split(' ', 1);
    const rest = text.slice(subject.length + 1);
    const expect = during === undefined ? rest : rest.slice(0, -` during ${during}`.length);
    bySubject[subject] = [...(bySubject[subject] ?? []), during === undefined ? expect : { expect, during }];
  }
  return bySubject;
}

/** Sections in lines, and what stands in a list each in a line of its own. */
function print(whole: Readonly<Record<string, unknown>>): string {
  const filled = Object.entries(whole).filter(
    ([, value]) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
  );
  const document = new Document(Object.fromEntries(filled));
  visit(document, {
    Map(_, node, ancestors) {
      if (ancestors.some((above) => isSeq(above))) node.flow = true;
    },
    Seq(_, node) {
      node.flow = !node.items.some((item) => isMap(item));
    },
  });
  return document.toString({ lineWidth: 120 });
}
