import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { cimAgents } from './cim-agents.js';
import { cimDomain } from './cim-domain.js';
import { cimEvents } from './cim-events.js';
import { cimGpu } from './cim-gpu.js';
import { cimNats } from './cim-nats.js';
import { cimSlo } from './cim-slo.js';
import { cimStormglass } from './cim-stormglass.js';
import { cimTraces } from './cim-traces.js';

/** All dashboards, as they are written to `dashboards/`, one file each. */
export const dashboards = (): readonly Dashboard[] =>
  [cimEvents, cimNats, cimGpu, cimAgents, cimDomain, cimSlo, cimStormglass, cimTraces].map((make) => make());

/** The text of a dashboard's file: the same for the same dashboard, whenever it is written. */
export const dashboardText = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, undefined, 2)}\n`;
