import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { isMap } from '../kinds.js';
import { writeByteRate, writeDuration, writePercentage, writeRate, writeSize } from './exact-quantities.js';

type Keyed = Readonly<Record<string, unknown>>;

/**
 * What a scenario would have to say for a schema to make these parameters of it, defaults left out. A schema only goes one
 * way, so the ways in which a value may have been written are tried until one of them comes out the same.
 *
 * @returns undefined for a key when none does, with the key in `lost`
 */
export function unparse(
  schema: z.ZodObject,
  params: Keyed,
): { readonly written: Record<string, unknown>; readonly lost: readonly string[] } {
  const written: Record<string, unknown> = {};
  const lost: string[] = [];
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined) continue;
    const own = schema.shape[key] as z.ZodType | undefined;
    if (own === undefined) {
      lost.push(key);
      continue;
    }
    if (makes(own, undefined, value)) continue;
    const found = waysToWrite(value).find((way) => makes(own, way, value));
    if (found === undefined) lost.push(key);
    else written[key] = found;
  }
  return { written, lost };
}

function makes(schema: z.ZodType, written: unknown, value: unknown): boolean {
  const parsed = schema.safeParse(written);
  return parsed.success && isDeepStrictEqual(asJson(parsed.data), asJson(value));
}

/** A plan that was saved has no keys without a value. */
const asJson = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

function waysToWrite(value: unknown): unknown[] {
  if (typeof value === 'number') return [value, ...quantitiesOf(value)];
  if (Array.isArray(value)) return [value, value.map((item) => named(item))];
  if (!isMap(value)) return [value];
  const entries = Object.entries(value);
  const { enabled, ...others } = value;
  return [
    value,
    named(value),
    named(others),
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
      const unit = typeof inner === 'number' ? UNITS.find(([suffix]) => suffix.test(key)) : undefined;
      const text = unit === undefined ? named(inner) : unit[1](inner as number);
      return [kebab(unit === undefined ? key : key.replace(unit[0], '')), text];
    }),
  );
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
