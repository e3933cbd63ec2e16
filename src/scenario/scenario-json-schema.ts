import { z } from 'zod';
import { alertsJsonSchema } from './alerts/alerts-schema.js';
import { eventsSchema } from './event-schema.js';
import { nemesisSchema, sequenceSchema } from './faults/fault-schema.js';
import { kindSchemas, offeredLoadSchemas } from './kinds.js';
import { monitorPartSchema } from './monitor-schema.js';
import type { ParameterSchema, ScenarioPlugins } from './plugins.js';
import { guardsSchema } from './resolve-guards.js';
import { steadyStateSchema } from './resolve-steady-state.js';
import { tracesSchema } from './resolve-traces.js';
import { limitsSchema, rootSchema } from './root-schema.js';
import { streamSchema } from './stream-schema.js';
import { thresholdsSchema } from './threshold-schema.js';

/**
 * The JSON Schema of a scenario, the plug-ins' parameters included: what editors complete and check by. It knows
 * the form of every key; what keys mean to each other, `stormglass validate` checks.
 */
export function scenarioJsonSchema(plugins: ScenarioPlugins): Record<string, unknown> {
  const { drivers, faults, steps, mix, probes } = kindSchemas(plugins);
  const loads = offeredLoadSchemas(plugins);
  const schema = rootSchema.extend({
    cluster: anyOf(drivers).describe('The system under test.'),
    events: eventsSchema.optional().describe('What the traffic looks like: subjects, mix, sizes.'),
    streams: z.array(streamSchema).optional().describe('JetStream streams, made before the load starts.'),
    load: z.array(anyOf(loads)).min(1).describe('What puts the system under load; all start together.'),
    faults: z
      .array(
        z.union([
          ...Object.values(faults),
          described(sequenceSchema, 'sequence', z.array(anyOf(steps)).min(1)),
          described(nemesisSchema, 'nemesis', z.array(anyOf(mix)).min(1)),
        ]),
      )
      .optional()
      .describe('What is done to the system meanwhile: faults, sequences and nemeses.'),
    guards: guardsSchema.optional().describe('What keeps the faults within bounds.'),
    'steady-state': described(steadyStateSchema, 'probes', z.array(anyOf(probes)).optional())
      .optional()
      .describe('What must hold before, during and after the faults.'),
    checks: z
      .array(checkSchema(plugins))
      .optional()
      .describe('What must hold of every acknowledged event at the end.'),
    thresholds: thresholdsSchema
      .optional()
      .describe('What must hold of the figures: by <load>.<measure>, or by a measure of the whole run.'),
    alerts: alertsJsonSchema
      .optional()
      .describe(
        'Which alerts must fire, proven with Prometheus and Alertmanager: a list, or a list with what is said of all.',
      ),
    monitor: monitorPartSchema(plugins.monitorSections ?? {})
      .optional()
      .describe('The event monitor, which serves metrics while the run goes on.'),
    traces: tracesSchema
      .optional()
      .describe('Traces of sampled events, of the run and of its faults, as OpenTelemetry has them.'),
    limits: limitsSchema.optional().describe('How long the run waits for things before it gives up.'),
  });
  return {
    title: 'stormglass scenario',
    description: 'A run of stormglass: load, faults, checks and thresholds for a NATS system.',
    ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }),
  };
}

/** A check by its name, or by its name with its options. */
function checkSchema({ checks }: ScenarioPlugins): z.ZodType {
  const names = Object.keys(checks);
  if (names.length === 0) return z.string();
  const withOptions = Object.entries(checks).flatMap(([name, { schema }]) =>
    schema === undefined ? [] : [z.strictObject({ [name]: schema })],
  );
  return z.union([z.enum(names as [string, ...string[]]), ...withOptions]);
}

/** A schema whose one key, which is checked item by item, says what its items look like. */
const described = (schema: z.ZodObject, key: string, items: z.ZodType): z.ZodObject =>
  schema.extend({ [key]: items.describe((schema.shape[key] as z.ZodType).description ?? '') });

function anyOf(kinds: Readonly<Record<string, ParameterSchema>>): z.ZodType {
  const schemas = Object.values(kinds);
  return schemas.length === 1
    ? (schemas[0] as ParameterSchema)
    : z.union(schemas as [ParameterSchema, ParameterSchema]);
}
