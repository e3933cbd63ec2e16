import { z } from 'zod';
import { suggestion } from '../base/nearest.js';
import { show } from './explain-issue.js';
import { entryShape, faultDurationSchema, faultShape, mixShape, stepShape } from './faults/fault-schema.js';
import { loadShape, loadShapeOf } from './load-schema.js';
import { parsePart } from './parse-part.js';
import type {
  DriverPlugin,
  FaultPlugin,
  LoadPlugin,
  ParameterSchema,
  ProbePlugin,
  ScenarioPlugins,
} from './plugins.js';
import { probeShape } from './probe-schema.js';
import type { Findings, Path } from './problem.js';

/**
 * The schemas of what comes in kinds: the plug-in's own keys and the common ones together, so that an unknown key is
 * compared with all of them.
 */
export interface KindSchemas {
  readonly drivers: Readonly<Record<string, ParameterSchema>>;
  readonly loads: Readonly<Record<string, ParameterSchema>>;
  /** Faults by where they stand: in the list, as steps of a sequence, among those that a nemesis draws. */
  readonly faults: Readonly<Record<string, ParameterSchema>>;
  readonly steps: Readonly<Record<string, ParameterSchema>>;
  readonly mix: Readonly<Record<string, ParameterSchema>>;
  readonly probes: Readonly<Record<string, ParameterSchema>>;
}

export function kindSchemas(plugins: ScenarioPlugins): KindSchemas {
  const known = built.get(plugins);
  if (known !== undefined) return known;
  const schemas = {
    drivers: mapValues(plugins.drivers, driverSchema),
    loads: mapValues(plugins.loads, (plugin, kind) => loadSchema(plugin, kind)),
    faults: mapValues(plugins.faults, (plugin, kind) => faultSchema(plugin, kind, entryShape)),
    steps: mapValues(plugins.faults, (plugin, kind) => faultSchema(plugin, kind, stepShape)),
    mix: mapValues(plugins.faults, (plugin, kind) => faultSchema(plugin, kind, mixShape)),
    probes: mapValues(plugins.probes, probeSchema),
  };
  built.set(plugins, schemas);
  return schemas;
}

/** Building schemas takes much longer than using them. */
const built = new WeakMap<ScenarioPlugins, KindSchemas>();

const driverSchema = (plugin: DriverPlugin, driver: string): ParameterSchema =>
  plugin.schema.safeExtend({ driver: z.literal(driver).describe('Who provides the cluster.') }).strict();

const loadSchema = (plugin: LoadPlugin, kind: string, shape: z.ZodRawShape = loadShape): ParameterSchema =>
  plugin.schema.safeExtend({ ...shape, kind: z.literal(kind).describe('What the load does.') }).strict();

/** Loads as an editor should offer them: without the keys that their kinds do not take, which have errors of their own. */
export const offeredLoadSchemas = ({ loads }: ScenarioPlugins): Record<string, ParameterSchema> =>
  mapValues(loads, (plugin, kind) => loadSchema(plugin, kind, loadShapeOf(plugin.facts)));

const probeSchema = (plugin: ProbePlugin, kind: string): ParameterSchema =>
  plugin.schema.safeExtend({ ...probeShape, kind: z.literal(kind).describe('What it looks at.') }).strict();

function faultSchema(plugin: FaultPlugin, kind: string, shape: z.ZodRawShape): ParameterSchema {
  const key = durationKey(plugin);
  const { defaultTarget } = plugin;
  const target =
    defaultTarget === undefined
      ? faultShape.target
      : faultShape.target
          .default(defaultTarget)
          .describe(`${faultShape.target.description} Default: ${defaultTarget}.`);
  return plugin.schema
    .safeExtend({
      ...shape,
      ...faultShape,
      target,
      ...(key === null ? {} : { [key]: faultDurationSchema }),
      kind: z.literal(kind).describe('What the fault does.'),
    })
    .strict();
}

/** The key that says how long a fault of this kind holds; `null` for an act that is over when it is done. */
export const durationKey = (plugin: FaultPlugin): string | null =>
  plugin.durationKey === undefined ? 'for' : plugin.durationKey;

/** A part that comes in kinds, through the schema of its own kind. `undefined` when it cannot be used. */
export function parseKind(
  value: unknown,
  path: Path,
  kindKey: 'kind' | 'driver',
  schemas: Readonly<Record<string, ParameterSchema>>,
  findings: Findings,
): Record<string, unknown> | undefined {
  if (!isMap(value)) {
    findings.add(path, `expected keys and their values, but it is ${show(value)}`);
    return undefined;
  }
  const kinds = Object.keys(schemas);
  const kind = value[kindKey];
  const schema = typeof kind === 'string' && Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
  if (schema !== undefined) return parsePart(schema, value, path, findings);
  if (kind === undefined)
    findings.add(path, `the key \`${kindKey}\` is missing: expected one of ${kinds.join(', ')}`);
  else {
    findings.add(
      [...path, kindKey],
      `there is no ${kindKey} ${show(kind)}`,
      suggestion(String(kind), kinds, 'There are'),
    );
  }
  return undefined;
}

/** A kind's own parameters: what is left without the common keys. */
export function ownParameters(
  parsed: Record<string, unknown>,
  common: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parsed).filter(([key]) => !common.includes(key)));
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mapValues<T, U>(
  map: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}
