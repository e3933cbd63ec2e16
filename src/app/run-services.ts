import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AlertTools, startAlertWatch } from '../alerts/start-alert-watch.js';
import { NS } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import { resolveTargets } from '../chaos/targets.js';
import { clusterUndoRecords } from '../clusters/cluster-undo.js';
import { dockerUndoRecords } from '../clusters/docker/docker-cluster-undo.js';
import { provideImage } from '../clusters/docker/provide-image.js';
import { startDockerCluster } from '../clusters/docker/start-docker-cluster.js';
import { startExternalCluster } from '../clusters/external-cluster.js';
import type { ExternalClusterParams } from '../clusters/external-cluster-schema.js';
import type { ProcessClusterParams } from '../clusters/process-cluster-schema.js';
import { startProcessCluster } from '../clusters/start-process-cluster.js';
import type { Capability, ClusterStartOptions } from '../contracts/cluster.js';
import type { Plan } from '../contracts/plan.js';
import type { RunServices } from '../engine/services.js';
import { startLoadFleet } from '../generators/load-fleet.js';
import { placeWorkers } from '../generators/place-workers.js';
import { readBack } from '../history/final-read.js';
import { openHistory } from '../history/history-reader.js';
import { startMonitors } from '../monitor/partition/start-monitors.js';
import { openControl } from '../nats/control.js';
import { forkMarked } from '../processes/forked-process.js';
import { identify } from '../processes/identity.js';
import { isPortFree } from '../processes/port-lease.js';
import { readOpenFiles, readOpenFilesLimit } from '../processes/process-usage.js';
import { createLatencyReporter } from '../reporters/latency-files.js';
import { createRunEventsReporter } from '../reporters/own-events/run-events.js';
import { createHtmlReporter } from '../reporters/report-html.js';
import { createResourcesReporter } from '../reporters/resources-csv.js';
import { createSummaryReporter } from '../reporters/summary-json.js';
import { createTimeseriesReporter } from '../reporters/timeseries-csv.js';
import { openRunTraces } from '../traces/open-run-traces.js';
import { provideAlertTools } from './alert-tools.js';
import { dockerOf } from './docker-of.js';
import { createMachine } from './fault-machine.js';
import { readHandFault } from './hand-fault.js';
import { OwnEventRelay } from './own-event-relay.js';
import { CHECKERS, FAULT_KINDS, LOAD_KINDS, needsOfFault, PROBE_KINDS } from './plugins.js';
import { requireAbilities } from './require-abilities.js';
import { requireShaping } from './require-shaping.js';
import { createResourceProbe } from './resource-probe.js';
import type { Surroundings } from './surroundings.js';
import { provideNatsServer, provideNatsServerVersion, provideToxiproxy } from './tools.js';
import { userPlace } from './user-place.js';
import { PACKAGE_ROOT, VERSION } from './version.js';
import { hasVolumes, volumesOf } from './volumes-of.js';

export interface RunServicesOptions {
  readonly surroundings: Surroundings;
  /** Addresses that the command line consents to load. */
  readonly allow: readonly string[];
}

/** The rooms of stormglass, as the conductor is handed them. */
export function createRunServices({ surroundings, allow }: RunServicesOptions): RunServices {
  const { stateDir, entries } = surroundings;
  let serverPath = '';
  /** By version, as faults ask for it. */
  const serverPaths = new Map<string, string>();
  let toxiproxyPath: string | undefined;
  let alertTools: AlertTools | undefined;
  const generatorPids: number[] = [];
  let isExternal = false;
  const ownEvents = new OwnEventRelay();
  const loadKind = (kind: string) =>
    LOAD_KINDS.find((each) => each.kind === kind) as (typeof LOAD_KINDS)[number];

  const machine = createMachine({ entry: entries.pressure, env: surroundings.env }, surroundings.path);

  return {
    async preflight(plan, { progress, signal }) {
      await checkMonitorPort(plan);
      await requireAbilities(plan, machine);
      if (plan.alerts) alertTools = await provideAlertTools(plan.alerts, surroundings);
      if (plan.cluster.driver === 'docker') {
        await requireShaping(plan);
        await provideImage({ ...dockerOf(plan, surroundings.env), progress, signal });
      }
      if (plan.cluster.driver !== 'process') return {};
      const work = { progress, signal };
      const { server, version: asked } = plan.cluster.params as unknown as ProcessClusterParams;
      const { path, version } =
        asked === undefined
          ? await provideNatsServer(surroundings, { explicitPath: server, ...work })
          : await provideNatsServerVersion(surroundings, asked, work);
      serverPath = path;
      for (const other of serverVersionsOf(plan)) {
        serverPaths.set(other, (await provideNatsServerVersion(surroundings, other, work)).path);
      }
      const { routes, clients } = linksOf(plan);
      if (routes || clients) ({ path: toxiproxyPath } = await provideToxiproxy(surroundings, work));
      return { natsServer: version };
    },
    clusterUndo: (plan, runId, workDir) =>
      plan.cluster.driver === 'docker'
        ? dockerUndoRecords(runId, workDir, dockerOf(plan, surroundings.env).engine)
        : clusterUndoRecords(runId, workDir, hasVolumes(plan)),
    startCluster: (plan, options) => {
      if (plan.cluster.driver === 'docker') {
        const { params, engine } = dockerOf(plan, surroundings.env);
        const readyWithinMs = plan.limits.clusterReadyNs / NS.ms;
        return startDockerCluster(params, { ...options, engine, stateDir, readyWithinMs });
      }
      const volumes = volumesOf(plan);
      isExternal = plan.cluster.driver === 'external';
      return isExternal
        ? startExternalCluster(plan.cluster.params as unknown as ExternalClusterParams, {
            ...options,
            allow,
            place: userPlace(surroundings.env),
            cwd: process.cwd(),
          })
        : startProcessCluster(plan.cluster.params as unknown as ProcessClusterParams, {
            ...options,
            ...(volumes && { volumes }),
            serverPath,
            serverPaths,
            toxiproxyPath,
            stateDir,
            readyWithinMs: plan.limits.clusterReadyNs / NS.ms,
          });
    },
    linksFor: linksOf,
    openControl: (cluster) =>
      openControl({
        access: cluster.observerAccess,
        get nodes() {
          return cluster.nodes;
        },
      }),
    startMonitor: async (task, listener) => {
      if (isExternal) ownEvents.outlivedBy(task);
      return ownEvents.use(await startMonitors(task, entries.monitor, listener));
    },
    startAlerts: (task) => startAlertWatch(task, alertTools as AlertTools),
    startFleet: (tasks, listener) => {
      const sockets = tasks.map(
        ({ load, worker }) => loadKind(load.kind).facts.socketsOf?.(load, worker) ?? 1,
      );
      const apart = placeWorkers(sockets, readOpenFilesLimit());
      return startLoadFleet(tasks, entries.generator, listener, {
        isApart: (task) => apart[task] === true,
        fork: (entry) => {
          const child = forkMarked({ entry, mark: tasks[0]!.runId, env: surroundings.env });
          if (child.pid !== undefined) generatorPids.push(child.pid);
          return child;
        },
      });
    },
    loadFacts: (kind) => loadKind(kind).facts,
    prepareLoad: async (load, { plan, ...context }) =>
      (await loadKind(load.kind).prepare?.(load, {
        ...context,
        openFiles: (pid = process.pid) => readOpenFiles(pid),
        seed: plan.seed,
        scene: {
          streams: plan.streams,
          events: plan.events,
          loads: plan.loads,
          isExternal: plan.cluster.driver === 'external',
          defaultStorage: 'file',
        },
      })) ?? (async () => {}),
    probeKind: (kind) => PROBE_KINDS.find((each) => each.kind === kind) as (typeof PROBE_KINDS)[number],
    faultKind: (kind) => FAULT_KINDS.find((each) => each.kind === kind) as (typeof FAULT_KINDS)[number],
    readHandFault: (fault, id, { plan, scenarioFile, cluster, signal }) =>
      readHandFault(fault, id, {
        ...{ plan, scenarioFile, cluster, machine },
        provideServer: async (version) => {
          const work = { progress: () => {}, signal };
          serverPaths.set(version, (await provideNatsServerVersion(surroundings, version, work)).path);
        },
      }),
    resolveTargets,
    machine,
    resources: createResourceProbe(generatorPids),
    openHistory: (files) => files.map(openHistory),
    readBack,
    checker: (name) => CHECKERS.find((each) => each.name === name) as (typeof CHECKERS)[number],
    reporters: (runDir) => [
      createRunEventsReporter({ sink: ownEvents, sent: () => ownEvents.sayLastWords() }),
      createTimeseriesReporter({ runDir }),
      createResourcesReporter({ runDir }),
      createLatencyReporter({ runDir }),
      createHtmlReporter({
        runDir,
        templateFile: fileURLToPath(new URL('dist/ui/report.html', PACKAGE_ROOT)),
      }),
      // Last: a report before it that could not be written is part of the verdict that it tells.
      createSummaryReporter({ runDir }),
    ],
    openTraces: ({ plan: { traces, loads, name, seed }, runId, runDir, listen }) =>
      traces &&
      openRunTraces({
        plan: traces,
        beginners: loads.filter(({ kind }) => loadKind(kind).facts.beginsTraces),
        file: join(runDir, 'traces.ndjson'),
        version: VERSION,
        attributes: {
          'service.instance.id': runId,
          'stormglass.run': runId,
          'stormglass.scenario': name,
          'stormglass.seed': seed,
        },
        listen,
      }),
    guarding: {
      stateDir,
      watchdogEntry: entries.watchdog,
      executable: surroundings.executable,
      env: surroundings.env,
      self: identify(process.pid),
    },
    tempDir: surroundings.tempDir,
  };
}

const LINK_NEEDS: readonly Capability[] = ['route-links', 'route-shaping', 'node-isolation'];

/** What stands on links because the faults will act there, or because the scenario says so. */
function linksOf({ cluster, faults }: Plan): ClusterStartOptions['links'] {
  const needs = new Set(faults.flatMap(({ kind, params }) => needsOfFault(kind, params)));
  const { links } = cluster.params as Partial<ProcessClusterParams>;
  return {
    routes: LINK_NEEDS.some((need) => needs.has(need)) || (links?.routes ?? false),
    clients: needs.has('client-links') || (links?.clients ?? false),
  };
}

/** The versions of nats-server that faults start nodes with. */
function serverVersionsOf({ faults }: Plan): Set<string> {
  return new Set(
    faults.flatMap(
      ({ kind, params }) => FAULT_KINDS.find((each) => each.kind === kind)?.serverVersions?.(params) ?? [],
    ),
  );
}

/** The monitor's port is looked at before a cluster is started for nothing. */
async function checkMonitorPort({ monitor: { port } }: Plan): Promise<void> {
  if (port === 0 || (await isPortFree(port))) return;
  throw new PreflightError(`127.0.0.1:${port} is in use, and the monitor needs a port of its own`, {
    hint: 'end what listens there, or choose another port: `monitor.port` in the scenario, or --set monitor.port=0 for any',
  });
}
