import { z } from 'zod';
import { NS } from './nanoseconds.js';
import { parseByteRate, parseCount, parseDuration, parsePercentage, parseRate, parseSize } from './units.js';

/**
 * The zod building blocks that plug-ins describe their parameters with: text with a unit in, a number out. The
 * patterns stand in the JSON Schema too, so that an editor checks units while the scenario is written.
 */
const quantity = (pattern: RegExp, parse: (text: string) => number | undefined, expected: string) =>
  z
    .string({ error: `expected ${expected}` })
    .regex(pattern, { error: `expected ${expected}`, abort: true })
    .transform((text) => parse(text) as number);

/** → nanoseconds. */
export const durationSchema = quantity(
  /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$/,
  parseDuration,
  'a duration with its unit, such as 30s, 250ms or 1m30s',
);

const PATIENCE = 'expected a time above zero and up to 1h, such as 5s or 250ms';

/** → nanoseconds, above zero: how long something is waited for. */
export const patienceSchema = durationSchema.refine((ns) => ns > 0 && ns <= NS.h, { error: PATIENCE });

/** → operations a second. */
export const rateSchema = quantity(
  /^\d+(\.\d+)?[kKMG]?\/(s|m|h)$/,
  parseRate,
  'a rate with its unit, such as 20k/s, 1M/s or 600/m',
);

/** → bytes. */
export const sizeSchema = quantity(
  /^\d+(\.\d+)?(B|KB|MB|GB|KiB|MiB|GiB)$/,
  parseSize,
  'a size with its unit, such as 16B, 64KiB or 1MB',
);

/** → bytes a second. */
export const byteRateSchema = quantity(
  /^\d+(\.\d+)?(B|KB|MB|GB|KiB|MiB|GiB)\/(s|m|h)$/,
  parseByteRate,
  'a rate in bytes with its unit, such as 1MiB/s or 500KB/s',
);

/** → a ratio from 0 on. */
export const percentageSchema = quantity(
  /^\d+(\.\d+)?%$/,
  parsePercentage,
  'a percentage, such as 5% or 0.1%',
);

/** A whole number, plain or with a k, M or G → a number. */
export const countSchema = z.union(
  [
    z.int().positive(),
    z
      .string()
      .regex(/^\d+(\.\d+)?[kKMG]?$/, { abort: true })
      .transform((text) => parseCount(text) as number)
      .refine((count) => Number.isInteger(count) && count > 0),
  ],
  { error: 'expected a whole number above zero, such as 256 or 10k' },
);

/** A name that can stand in a file name, a metric label and a subject token. */
export const nameSchema = z.string({ error: 'expected a name' }).regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
  error: 'expected a name of letters, digits, - and _ (64 at most), starting with a letter or a digit',
});

const VERSION =
  'expected a version of nats-server between quotes, such as "2.14.9", or "2.14" for the latest of those';

/** A version of nats-server, or its first two numbers. */
export const versionSchema = z.string({ error: VERSION }).regex(/^\d+\.\d+(\.\d+)?$/, { error: VERSION });
