import { z } from 'zod';
import { NS } from '../base/clock.js';
import { durationSchema, sizeSchema } from '../base/unit-schemas.js';
import { parseByteRate, parseRate, parseSize } from '../base/units.js';

/** The longest time that anything in a scenario lasts. */
export const MAX_DURATION_NS = 30 * 24 * NS.h;
const DURATION = 'a duration above zero and up to 30d, such as 30s, 250ms or 1m30s';

/** → nanoseconds, above zero: how long something goes on. */
export const lastingSchema = durationSchema.refine((ns) => ns > 0 && ns <= MAX_DURATION_NS, {
  error: `expected ${DURATION}`,
});

/** → nanoseconds from zero on: a point in time, or a step. */
export const offsetSchema = durationSchema.refine((ns) => ns <= MAX_DURATION_NS, {
  error: 'expected a duration of up to 30d, such as 0s, 30s or 1m30s',
});

/** A rate as it is written: what it counts, and how much of that a second. */
export interface Rate {
  readonly unit: 'operations' | 'bytes';
  readonly perSec: number;
}

/** Due times are nanoseconds: a rate above one operation each is none. */
const MAX_PER_SEC = 1e9;
const MAX_BYTES_PER_SEC = 1e12;

const RATE = /^\d+(\.\d+)?([kKMG]?|B|KB|MB|GB|KiB|MiB|GiB)\/(s|m|h)$/;

const anyRateSchema = (expected: string) =>
  z
    .string({ error: expected })
    .regex(RATE, { error: expected, abort: true })
    .transform((text): Rate => {
      const bytesPerSec = parseByteRate(text);
      return bytesPerSec === undefined
        ? { unit: 'operations', perSec: parseRate(text) as number }
        : { unit: 'bytes', perSec: bytesPerSec };
    })
    .refine(({ unit, perSec }) => perSec <= (unit === 'bytes' ? MAX_BYTES_PER_SEC : MAX_PER_SEC), {
      error: 'expected a rate of at most 1G/s (one operation a nanosecond) or 1000GB/s',
    });

/** → a rate from zero on. */
export const levelSchema = anyRateSchema('expected a rate with its unit, such as 20k/s, 600/m or 200MiB/s');

const RATE_OR_MAX = 'expected a rate above zero with its unit, such as 20k/s, 600/m or 200MiB/s, or max';

/** → a rate above zero, or `max`. */
export const rateOrMaxSchema = z.union(
  [anyRateSchema(RATE_OR_MAX).refine(({ perSec }) => perSec > 0, { error: RATE_OR_MAX }), z.literal('max')],
  { error: RATE_OR_MAX },
);

/** Room for the stamp that every event carries: who wrote it, its number, and when it was due. */
export const MIN_EVENT_BYTES = 16;
/** The largest max_payload that a nats-server can be given. */
export const MAX_EVENT_BYTES = 64 * 1024 * 1024;

const SIZE_RANGE = /^\d+(\.\d+)?(B|KB|MB|GB|KiB|MiB|GiB)(\.\.\d+(\.\d+)?(B|KB|MB|GB|KiB|MiB|GiB))?$/;

/** `256B` or `16B..64B` → bytes, from and to. */
export const sizeRangeSchema = z
  .string({ error: 'expected a size with its unit, such as 256B, or a range of sizes, such as 16B..64B' })
  .regex(SIZE_RANGE, {
    error: 'expected a size with its unit, such as 256B, or a range of sizes, such as 16B..64B',
    abort: true,
  })
  .transform((text, context) => {
    const [from, to] = text.split('..') as [string, string | undefined];
    const minBytes = parseSize(from) as number;
    const maxBytes = to === undefined ? minBytes : (parseSize(to) as number);
    const wrong = (message: string) => {
      context.addIssue({ code: 'custom', message, input: text });
      return z.NEVER;
    };
    if (minBytes < MIN_EVENT_BYTES) {
      return wrong(
        `an event has at least ${MIN_EVENT_BYTES}B: it carries who wrote it, its number and when it was due, but it is \`${from}\``,
      );
    }
    if (maxBytes < minBytes) return wrong(`expected a range from the smaller to the larger size`);
    if (maxBytes > MAX_EVENT_BYTES) return wrong('expected at most 64MiB, the most that a NATS server takes');
    return { minBytes, maxBytes };
  });

/** A size → bytes, or −1 for no limit, as JetStream has it. */
export const sizeOrUnlimitedSchema = z.union([sizeSchema, z.literal(-1)], {
  error: 'expected a size with its unit, such as 64KiB or 1GiB, or -1 for no limit',
});
