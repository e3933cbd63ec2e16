import { z } from 'zod';
import { eventsSchema } from './event-schema.js';
import { kindSchemas, offeredLoadSchemas } from './kinds.js';
import type { ParameterSchema, ScenarioPlugins } from './plugins.js';
import { limitsSchema, monitorSchema, rootSchema } from './root-schema.js';
import { streamSchema } from './stream-schema.js';
import { thresholdsSchema } from './threshold-schema.js';

/**
 * The JSON Schema of a scenario, the plug-ins' parameters included: what editors complete and check by. It knows
 * the form of every key; what keys mean to each other, `stormglass validate` checks.
 */
export function scenarioJsonSchema(plugins: ScenarioPlugins): Record<string, unknown> {
  const { drivers, faults } = kindSchemas(plugins);
  const loads = offeredLoadSchemas(plugins);
  const checks = plugins.checks.length > 0 ? z.enum(plugins.checks as [string, ...string[]]) : z.string();
  const schema = rootSchema.extend({
    cluster: anyOf(drivers).describe('The system under test.'),
    events: eventsSchema.optional().describe('What the traffic looks like: subjects, mix, sizes.'),
    streams: z.array(streamSchema).optional().describe('JetStream streams, made before the load starts.'),
    load: z.array(anyOf(loads)).min(1).describe('What puts the system under load; all start together.'),
    faults: z.array(anyOf(faults)).optional().describe('What is done to the system meanwhile.'),
    checks: z.array(checks).optional().describe('What must hold of every acknowledged event at the end.'),
    thresholds: thresholdsSchema
      .optional()
      .describe('What must hold of the figures: by <load>.<measure>, or by a measure of the whole run.'),
    monitor: monitorSchema
      .optional()
      .describe('The event monitor, which serves metrics while the run goes on.'),
    limits: limitsSchema.optional().describe('How long the run waits for things before it gives up.'),
  });
  return {
    title: 'stormglass scenario',
    description: 'A run of stormglass: load, faults, checks and thresholds for a NATS system.',
    ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }),
  };
}

function anyOf(kinds: Readonly<Record<string, ParameterSchema>>): z.ZodType {
  const schemas = Object.values(kinds);
  return schemas.length === 1
    ? (schemas[0] as ParameterSchema)
    : z.union(schemas as [ParameterSchema, ParameterSchema]);
}
