import { z } from 'zod';
import { dataFilesOf } from '../../src/app/data-files.js';
import { SCENARIO_PLUGINS } from '../../src/app/plugins.js';
import type { Plan } from '../../src/contracts/plan.js';
import type { ScenarioPlugins } from '../../src/scenario/plugins.js';
import { ScenarioError, type ScenarioProblem } from '../../src/scenario/problem.js';
import { type ResolveOptions, resolvePlan } from '../../src/scenario/resolve-plan.js';

/** The real plug-ins, and one more of what there is only one of: a fault whose duration is called `for`, a check. */
export const plugins: ScenarioPlugins = {
  ...SCENARIO_PLUGINS,
  faults: {
    ...SCENARIO_PLUGINS.faults,
    'node-pause': { schema: z.strictObject({}), needs: ['process-control'], claims: ['process'] },
  },
  checks: { ...SCENARIO_PLUGINS.checks, duplicates: { judges: ['publish'] } },
};

export const VALID = `version: 1
name: partition
seed: 42
cluster: { driver: process, nodes: 3 }
events:
  subject: cim.events.{domain}.{type}
  mix:
    - { domain: orders, types: { Placed: 70, Paid: 30 }, size: 256B }
    - { domain: telemetry, types: [Sampled], size: 16B..64B }
streams:
  - { name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }
load:
  - { name: firehose, kind: publish, domains: [telemetry], rate: 20k/s, for: 60s }
  - { name: orders, kind: js-publish, domains: [orders], rate: 2k/s, for: 70s }
faults:
  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }
checks: [acked-loss]
thresholds:
  orders.ack_latency:
    - { expect: p99 < 250ms, during: steady }
  recovery_time: ["max < 30s"]
`;

/** The valid scenario with some of its text replaced; every text must be there. */
export function edited(...edits: readonly (readonly [from: string, to: string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the scenario of these tests has no \`${from}\``);
    return text.replace(from, () => to);
  }, VALID);
}

export function plan(text: string, options: Partial<ResolveOptions> = {}): Plan {
  return resolvePlan(text, {
    file: 's.yaml',
    plugins,
    files: dataFilesOf(options.file ?? 's.yaml'),
    drawnSeed: 7,
    ...options,
  });
}

/** What is wrong with a scenario; nothing when it resolves. */
export function problems(text: string, options: Partial<ResolveOptions> = {}): readonly ScenarioProblem[] {
  try {
    plan(text, options);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
}

/** The problems as people read them, a line each: `12:9 load[0].rate: message → hint`. */
export function told(text: string, options: Partial<ResolveOptions> = {}): readonly string[] {
  return problems(text, options).map(({ line, column, option, path, message, hint }) => {
    const place = option ?? `${line}:${column}`;
    return `${place}${path && ` ${path}`}: ${message}${hint ? ` → ${hint}` : ''}`;
  });
}
