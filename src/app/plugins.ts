import { bandwidth } from '../chaos/bandwidth.js';
import { clockSkew } from '../chaos/clock-skew.js';
import { connectionStorm } from '../chaos/connection-storm.js';
import { cpuPressure } from '../chaos/cpu-pressure.js';
import { diskFull } from '../chaos/disk-full.js';
import { fdExhaustion } from '../chaos/fd-exhaustion.js';
import { fileBitflip } from '../chaos/file-bitflip.js';
import { fileTruncate } from '../chaos/file-truncate.js';
import { latency } from '../chaos/latency.js';
import { limitData } from '../chaos/limit-data.js';
import { memoryPressure } from '../chaos/memory-pressure.js';
import { nodeAdd } from '../chaos/node-add.js';
import { nodeDrain } from '../chaos/node-drain.js';
import { nodeKill } from '../chaos/node-kill.js';
import { nodePause } from '../chaos/node-pause.js';
import { nodeRemove } from '../chaos/node-remove.js';
import { nodeRestart } from '../chaos/node-restart.js';
import { own } from '../chaos/own/own.js';
import { packetSlicer } from '../chaos/packet-slicer.js';
import { partition } from '../chaos/partition.js';
import { poisonEvents } from '../chaos/poison-events.js';
import { powerLoss } from '../chaos/power-loss.js';
import { publishStorm } from '../chaos/publish-storm.js';
import { reset } from '../chaos/reset.js';
import { rollingRestart } from '../chaos/rolling-restart.js';
import { scrapeOutage } from '../chaos/scrape-outage.js';
import { slowClose } from '../chaos/slow-close.js';
import { slowConsumer } from '../chaos/slow-consumer.js';
import { slowDisk } from '../chaos/slow-disk.js';
import { snapshotRestore } from '../chaos/snapshot-restore.js';
import { storageLimit } from '../chaos/storage-limit.js';
import { timeout } from '../chaos/timeout.js';
import { ackedLoss } from '../checkers/acked-loss.js';
import { consumer } from '../checkers/consumer.js';
import { coreDelivery } from '../checkers/core-delivery.js';
import { divergence } from '../checkers/divergence.js';
import { duplicates } from '../checkers/duplicates.js';
import { immutability } from '../checkers/immutability.js';
import { kvLinearizable } from '../checkers/kv-linearizable.js';
import { monotonic } from '../checkers/monotonic.js';
import { order } from '../checkers/order.js';
import { staleReads } from '../checkers/stale-reads.js';
import { unexpected } from '../checkers/unexpected.js';
import { DOCKER_CAPABILITIES, dockerClusterSchema } from '../clusters/docker/docker-cluster-schema.js';
import { type ExternalClusterParams, externalClusterSchema } from '../clusters/external-cluster-schema.js';
import { HANDING_OVER, handedOverCapabilities } from '../clusters/handed-over/handed-over-capabilities.js';
import {
  PROCESS_CAPABILITIES,
  type ProcessClusterParams,
  processClusterSchema,
  processNodeNames,
} from '../clusters/process-cluster-schema.js';
import type { Checker } from '../contracts/checker.js';
import type { Capability } from '../contracts/cluster.js';
import type { FaultKind } from '../contracts/fault.js';
import type { ProbeKind } from '../contracts/probe.js';
import { agents } from '../generators/agents/agents.js';
import { connections } from '../generators/connections/connections.js';
import { http } from '../generators/http/http.js';
import { jsConsume } from '../generators/js-consume/js-consume.js';
import { jsPublish } from '../generators/js-publish/js-publish.js';
import { kv } from '../generators/kv/kv.js';
import type { LoadKind } from '../generators/load-kind.js';
import { object } from '../generators/object.js';
import { publish } from '../generators/publish.js';
import { request } from '../generators/request/request.js';
import { service } from '../generators/service/service.js';
import { streams } from '../generators/streams/streams.js';
import { subscribe } from '../generators/subscribe/subscribe.js';
import { parseThreshold } from '../metrics/thresholds.js';
import { monitoredAgentsSchema } from '../monitor/agents/agents-schema.js';
import { metricsSchema } from '../monitor/domain-metrics/metrics-schema.js';
import { probesSchema } from '../monitor/servers/probes-schema.js';
import { workflowsSectionSchema } from '../monitor/workflows/workflows-schema.js';
import { command } from '../probes/command.js';
import { health } from '../probes/health.js';
import { http as httpProbe } from '../probes/http.js';
import { lag } from '../probes/lag.js';
import { leader } from '../probes/leader.js';
import { prometheus } from '../probes/prometheus.js';
import { publish as publishProbe } from '../probes/publish.js';
import type {
  CheckPlugin,
  DriverPlugin,
  FaultPlugin,
  MonitorSections,
  ProbePlugin,
  ScenarioPlugins,
} from '../scenario/plugins.js';

/** The one place that knows every plug-in: a new one is a file in its room and an entry here. */

export const LOAD_KINDS: readonly LoadKind[] = [
  publish,
  jsPublish,
  jsConsume,
  kv,
  object,
  streams,
  subscribe,
  request,
  service,
  connections,
  http,
  agents,
];

export const FAULT_KINDS: readonly (FaultKind & FaultPlugin)[] = [
  nodeKill,
  nodePause,
  nodeRestart,
  nodeDrain,
  nodeAdd,
  nodeRemove,
  rollingRestart,
  partition,
  latency,
  bandwidth,
  packetSlicer,
  slowClose,
  reset,
  timeout,
  limitData,
  cpuPressure,
  memoryPressure,
  fdExhaustion,
  connectionStorm,
  slowConsumer,
  publishStorm,
  poisonEvents,
  diskFull,
  storageLimit,
  fileTruncate,
  fileBitflip,
  snapshotRestore,
  powerLoss,
  slowDisk,
  scrapeOutage,
  clockSkew,
  own,
];

/** What a fault with these parameters needs of a driver. */
export function needsOfFault(kind: string, params: Readonly<Record<string, unknown>>): readonly Capability[] {
  const found = FAULT_KINDS.find((each) => each.kind === kind);
  return found === undefined ? [] : [...found.needs, ...(found.needsWith?.(params) ?? [])];
}

export const PROBE_KINDS: readonly (ProbeKind & ProbePlugin)[] = [
  health,
  leader,
  lag,
  publishProbe,
  prometheus,
  httpProbe,
  command,
];

export const CHECKERS: readonly (Checker & CheckPlugin)[] = [
  ackedLoss,
  duplicates,
  order,
  unexpected,
  divergence,
  immutability,
  monotonic,
  consumer,
  kvLinearizable,
  staleReads,
  coreDelivery,
];

const processDriver: DriverPlugin = {
  schema: processClusterSchema,
  capabilities: PROCESS_CAPABILITIES,
  nodeNames: (params) => processNodeNames((params as unknown as ProcessClusterParams).nodes),
  jetstream: (params) => {
    const { enabled, storage } = (params as unknown as ProcessClusterParams).jetstream;
    return { on: enabled, ...(storage !== undefined && { storage }) };
  },
};

/** Its keys are those of the process driver, where they mean the same. */
const dockerDriver: DriverPlugin = {
  ...processDriver,
  schema: dockerClusterSchema,
  capabilities: DOCKER_CAPABILITIES,
};

/** Faults may do what was handed over for them. */
const externalDriver: DriverPlugin = {
  schema: externalClusterSchema,
  capabilities: ['load'],
  capabilitiesWith: (params) => handedOverCapabilities(handedOverIn(params)),
  nodeNames: (params) => handedOverIn(params).map(({ name }) => name),
  handOver: HANDING_OVER,
};

const handedOverIn = (params: unknown) => (params as ExternalClusterParams).nodes ?? [];

const byKind = <T extends { readonly kind: string }>(kinds: readonly T[]): Record<string, T> =>
  Object.fromEntries(kinds.map((each) => [each.kind, each]));

/** What a configuration of the monitor may say of those who follow events: a section of each. */
export const MONITOR_SECTIONS: MonitorSections = {
  workflows: { schema: workflowsSectionSchema },
  agents: { schema: monitoredAgentsSchema },
  metrics: { schema: metricsSchema },
  probes: { schema: probesSchema },
};

/** What a scenario may name. */
export const SCENARIO_PLUGINS: ScenarioPlugins = {
  drivers: { process: processDriver, docker: dockerDriver, external: externalDriver },
  loads: byKind(LOAD_KINDS),
  faults: byKind(FAULT_KINDS),
  probes: byKind(PROBE_KINDS),
  checks: Object.fromEntries(CHECKERS.map((checker) => [checker.name, checker])),
  monitorSections: MONITOR_SECTIONS,
  parseThreshold,
};
