import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { isMap } from '../kinds.js';
import { writeByteRate, writeDuration, writePercentage, writeRate, writeSize } from './exact-quantities.js';

type Keyed = Readonly<Record<string, unknown>>;

/**
 * What a scenario would have to say for a schema to make these parameters of it, defaults left out. A schema only goes one
 * way, so the ways in which a value may have been written are tried until one of them comes out the same. `lost` are the
 * keys of which none does.
 */
export function unparse(
  schema: z.ZodObject,
  params: Keyed,
): { readonly written: Record<string, unknown>; readonly lost: readonly string[] } {
  const written: Record<string, unknown> = {};
  const lost: string[] = [];
  for (const [key, value] of Object.entries(params)) {
    const own = schema.shape[key] as z.ZodType | undefined;
    if (value === undefined || (own !== undefined && makes(own, undefined, value))) continue;
    const found = own && waysBy(own, value).find((way) => makes(own, way, value));
    if (found === undefined) lost.push(key);
    else written[key] = found;
  }
  return { written, lost };
}

function makes(schema: z.core.$ZodType, written: unknown, value: unknown): boolean {
  const parsed = (schema as z.ZodType).safeParse(written);
  return parsed.success && isDeepStrictEqual(asJson(parsed.data), asJson(value));
}

/** A plan that was saved has no keys without a value. */
const asJson = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

/** How a value may have been written, by what the schema is made of, and by what the value looks like. */
function waysBy(schema: z.core.$ZodType, value: unknown): unknown[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  const written = (part: z.core.$ZodType, of: unknown): unknown =>
    waysBy(part, of).find((way) => makes(part, way, of)) ?? of;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
      return waysBy(def.innerType, value);
    case 'pipe':
      return waysBy(def.in, value);
    case 'union':
      return def.options.flatMap((option) => waysBy(option, value));
    case 'array':
      if (!Array.isArray(value)) break;
      return [value.map((item) => written(def.element, item)), ...waysToWrite(value)];
    case 'record':
      if (!isMap(value)) break;
      return [mapped(value, (inner) => written(def.valueType, inner)), ...waysToWrite(value)];
    case 'object': {
      if (!isMap(value)) break;
      const { shape } = def;
      const isDefault = (key: string, inner: unknown) =>
        inner === undefined || (shape[key] !== undefined && makes(shape[key], undefined, inner));
      const told = Object.fromEntries(Object.entries(value).filter(([key, inner]) => !isDefault(key, inner)));
      return [
        mapped(told, (inner, key) => (shape[key] === undefined ? inner : written(shape[key], inner))),
        ...waysToWrite(value),
      ];
    }
  }
  return waysToWrite(value);
}

const mapped = (map: Keyed, change: (value: unknown, key: string) => unknown): Keyed =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));

function waysToWrite(value: unknown): unknown[] {
  if (typeof value === 'number') return [value, ...quantitiesOf(value)];
  if (Array.isArray(value)) return [value, value.map((item) => named(item))];
  if (!isMap(value)) return [value];
  const entries = Object.entries(value);
  const { enabled, kind: _, ...others } = value;
  return [
    value,
    named(value),
    named(others),
    ...rangesOf(value),
    // One form of several: what tells them apart in the plan does not stand in the scenario.
    ...(entries.length === 1 ? waysToWrite(entries[0]?.[1]) : []),
    ...(enabled === undefined ? [] : [enabled]),
    ...entries.filter(([, on]) => on === true).map(([key]) => key),
    true,
    false,
  ];
}

const quantitiesOf = (value: number): unknown[] => [
  ...(Number.isInteger(value) && value >= 0 ? [writeDuration(value), writeSize(value)] : []),
  writeRate(value),
  writeByteRate(value),
  writePercentage(value),
  ...(value === 1 ? ['every'] : []),
  `1/${value}`,
];

/** `{ minNs, maxNs }` → `2s..8s`, or what both are. */
function rangesOf(value: Keyed): string[] {
  return UNITS.flatMap(([suffix, write]) => {
    const unit = suffix.source.slice(0, -1);
    return [
      ['min', 'max'],
      ['from', 'to'],
    ].flatMap(([low, high]) => {
      const [from, to] = [value[`${low}${unit}`], value[`${high}${unit}`]];
      if (typeof from !== 'number' || typeof to !== 'number') return [];
      return [from === to ? write(from) : `${write(from)}..${write(to)}`];
    });
  });
}

const UNITS: readonly (readonly [suffix: RegExp, write: (value: number) => string])[] = [
  [/Ns$/, writeDuration],
  [/BytesPerSec$/, writeByteRate],
  [/PerSec$/, writeRate],
  [/Bytes$/, writeSize],
  [/Ratio$/, writePercentage],
];

/** `{ maxStorageBytes: 1024 }` → `{ max-storage: 1KiB }`: names of the program as names of the format. */
function named(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(named);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const unit = UNITS.find(([suffix]) => suffix.test(key));
      const text = unit !== undefined && typeof inner === 'number' ? unit[1](inner) : named(inner);
      return [kebab(unit === undefined ? key : key.replace(unit[0], '')), text];
    }),
  );
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
