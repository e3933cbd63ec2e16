import { z } from 'zod';
import { nameSchema } from '../base/unit-schemas.js';
import { lastingSchema } from './quantities.js';

const limit = (byDefault: string, description: string) =>
  lastingSchema.prefault(byDefault).describe(`${description} Default: ${byDefault}.`);

export const limitsSchema = z.strictObject({
  'cluster-ready': limit('60s', 'How long the cluster may take until every node answers.'),
  steady: limit('60s', 'How long the steady state may take, before the load and after it.'),
  heal: limit('60s', 'How long a fault may take until it is seen to be gone.'),
  drain: limit('30s', 'How long operations in flight and events on their way are waited for.'),
  'final-read': limit('5m', 'How long reading the streams back may take.'),
});

/** The keys of a scenario; the sections have schemas of their own. */
export const rootSchema = z.strictObject({
  version: z
    .literal(1, { error: 'expected 1, the version of the format' })
    .describe('Version of the format: 1.'),
  name: nameSchema.describe('Name of the scenario; the report’s directory is called so.'),
  seed: z
    .int({ error: 'expected a whole number from 0 to 9007199254740991, such as 42' })
    .min(0)
    .optional()
    .describe('Same seed, same schedule, same targets. Default: drawn, and written to plan.json.'),
  cluster: z.unknown(),
  events: z.unknown().optional(),
  streams: z.array(z.unknown()).default([]),
  load: z.array(z.unknown()).min(1),
  faults: z.array(z.unknown()).default([]),
  guards: z.unknown().optional(),
  'steady-state': z.unknown().optional(),
  checks: z.array(z.unknown()).default([]),
  thresholds: z.record(z.string(), z.unknown()).default({}),
  alerts: z.unknown().optional(),
  monitor: z.unknown().optional(),
  traces: z.unknown().optional(),
  limits: z.unknown().optional(),
});
