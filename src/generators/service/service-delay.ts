import { z } from 'zod';
import type { Random } from '../../base/random.js';
import { durationSchema } from '../../base/unit-schemas.js';
import { parseDuration } from '../../base/units.js';

/** No answer is kept longer than this. */
export const LONGEST_DELAY_NS = 60e9;

const ONE = String.raw`(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+`;
const EXPECTED = 'expected a duration such as 5ms, a range such as 1ms..20ms, or { median: 5ms, p99: 40ms }';
const TOO_LONG = 'expected at most 60s: no answer is kept longer';

const rangeSchema = z
  .string()
  .regex(new RegExp(String.raw`^${ONE}(\.\.${ONE})?$`), { error: EXPECTED, abort: true })
  .transform((text) => {
    const [from, to = from] = text.split('..') as [string, string?];
    return {
      kind: 'even' as const,
      fromNs: parseDuration(from) as number,
      toNs: parseDuration(to) as number,
    };
  })
  .refine(({ fromNs, toNs }) => fromNs <= toNs, { error: 'expected a range from the shorter to the longer' })
  .refine(({ toNs }) => toNs <= LONGEST_DELAY_NS, { error: TOO_LONG });

const skewedSchema = z
  .strictObject({
    median: durationSchema.describe('Half of the answers take less'),
    p99: durationSchema.describe('One in a hundred takes longer'),
  })
  .refine(({ median, p99 }) => median > 0 && p99 > median, { error: 'expected a p99 above the median' })
  .refine(({ p99 }) => p99 <= LONGEST_DELAY_NS, { error: TOO_LONG })
  .transform(({ median, p99 }) => ({ kind: 'skewed' as const, medianNs: median, p99Ns: p99 }));

/** How long answers take: `5ms`, evenly spread over `1ms..20ms`, or log-normal by its median and 99th percentile. */
export const serviceDelaySchema = z.union([rangeSchema, skewedSchema], { error: EXPECTED });

export type ServiceDelay = z.output<typeof serviceDelaySchema>;

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/** What draws delays, in nanoseconds, 0 to LONGEST_DELAY_NS; allocates nothing. */
export function drawDelays(delay: ServiceDelay, random: Random): () => number {
  if (delay.kind === 'even') {
    const { fromNs, toNs } = delay;
    return fromNs === toNs ? () => fromNs : () => fromNs + random.next() * (toNs - fromNs);
  }
  const { medianNs, p99Ns } = delay;
  const sigma = Math.log(p99Ns / medianNs) / NORMAL_P99;
  return () => {
    // Box and Muller: 1 − u is never 0.
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return Math.min(LONGEST_DELAY_NS, medianNs * Math.exp(sigma * normal));
  };
}
