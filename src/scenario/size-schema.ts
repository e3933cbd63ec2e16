import { z } from 'zod';
import { sizeSchema } from '../base/unit-schemas.js';
import { parseSize } from '../base/units.js';
import type { SizePlan, SizeSpread } from '../contracts/plan/size.js';
import { MAX_EVENT_BYTES, MIN_EVENT_BYTES, sizeRangeSchema } from './quantities.js';

const EXPECTED =
  'expected a size (256B), a range (16B..64B), or a spread: { normal: … }, { lognormal: … }, { choice: … } or { percentiles: … }';

/** How many standard deviations a spread goes, where no bound is given. */
const REACH = 4;
/** Of the standard normal distribution. */
const Z_P99 = 2.3263478740408408;

const bound = (description: string) =>
  sizeSchema
    .refine((bytes) => bytes >= MIN_EVENT_BYTES && bytes <= MAX_EVENT_BYTES, {
      error: `expected a size from ${MIN_EVENT_BYTES}B, what its stamp takes, to 64MiB`,
    })
    .describe(description);

const someBytes = (description: string) =>
  sizeSchema.refine((bytes) => bytes > 0, { error: 'expected a size above 0B' }).describe(description);

const bounds = {
  min: bound('No payload is smaller.').optional(),
  max: bound('No payload is larger.').optional(),
};

const normalSchema = z.strictObject({
  normal: z
    .strictObject({
      mean: someBytes('The middle of the sizes.'),
      sd: someBytes('Their standard deviation.'),
    })
    .describe('Sizes around a mean. Default bounds: four standard deviations from it.'),
  ...bounds,
});

const lognormalSchema = z.strictObject({
  lognormal: z
    .strictObject({
      median: someBytes('Half of the payloads are smaller.'),
      p99: someBytes('One in a hundred is larger.'),
    })
    .describe('Many small payloads and a few large ones. Default bounds: four standard deviations.'),
  ...bounds,
});

const choiceSchema = z.strictObject({
  choice: z
    .record(
      z.string().refine((text) => parseSize(text) !== undefined, {
        error: 'expected a size with its unit, such as 256B',
      }),
      z.number({ error: 'expected a weight: a number above zero, such as 80' }).positive(),
    )
    .refine((choices) => Object.keys(choices).length > 0, { error: 'expected at least one size' })
    .describe('Sizes with their weights.'),
});

const percentilesSchema = z.strictObject({
  percentiles: z
    .record(
      z.string().regex(/^p(\d{1,2}(\.\d+)?|100)$/, {
        error: 'expected a percentile from p0 to p100, such as p99.9',
      }),
      sizeSchema,
    )
    .describe('The sizes at some percentiles, p0 and p100 among them; linear in between.'),
});

const inBounds = (bytes: number): boolean => bytes >= MIN_EVENT_BYTES && bytes <= MAX_EVENT_BYTES;
const OUT_OF_BOUNDS = `an event has at least ${MIN_EVENT_BYTES}B, what its stamp takes, and at most 64MiB`;

/** The sizes of payloads → their bounds, and how they are spread between them. */
export const payloadSizeSchema = z.union(
  [
    sizeRangeSchema,
    normalSchema.transform(({ normal: { mean, sd }, min, max }, context) =>
      cut(
        { kind: 'normal', meanBytes: mean, sdBytes: sd },
        mean - REACH * sd,
        mean + REACH * sd,
        [min, max],
        context,
      ),
    ),
    lognormalSchema.transform(({ lognormal: { median, p99 }, min, max }, context) => {
      if (p99 <= median) {
        context.addIssue({
          code: 'custom',
          message: 'expected a p99 above the median',
          path: ['lognormal', 'p99'],
        });
        return z.NEVER;
      }
      const sigma = Math.log(p99 / median) / Z_P99;
      const reach = Math.exp(REACH * sigma);
      const spread: SizeSpread = { kind: 'lognormal', medianBytes: median, sigma };
      return cut(spread, median / reach, median * reach, [min, max], context);
    }),
    choiceSchema.transform(({ choice }, context) => {
      const choices = Object.entries(choice).map(([size, weight]) => ({
        bytes: parseSize(size) as number,
        weight,
      }));
      const wrong = Object.keys(choice).find((size) => !inBounds(parseSize(size) as number));
      if (wrong !== undefined) {
        context.addIssue({ code: 'custom', message: OUT_OF_BOUNDS, path: ['choice', wrong] });
        return z.NEVER;
      }
      return spreadOver(
        { kind: 'choice', choices },
        choices.map(({ bytes }) => bytes),
      );
    }),
    percentilesSchema.transform(({ percentiles }, context) => {
      const points = Object.entries(percentiles)
        .map(([name, bytes]) => ({ percentile: Number(name.slice(1)), bytes }))
        .sort((a, b) => a.percentile - b.percentile);
      const problem = percentilesProblem(points);
      if (problem !== undefined) {
        context.addIssue({ code: 'custom', message: problem, path: ['percentiles'] });
        return z.NEVER;
      }
      return spreadOver(
        { kind: 'percentiles', points },
        points.map(({ bytes }) => bytes),
      );
    }),
  ],
  { error: EXPECTED },
);

function cut(
  spread: SizeSpread,
  least: number,
  most: number,
  [min, max]: readonly [number | undefined, number | undefined],
  context: z.RefinementCtx,
): SizePlan {
  const minBytes = min ?? Math.max(MIN_EVENT_BYTES, Math.round(least));
  const maxBytes = max ?? Math.min(MAX_EVENT_BYTES, Math.round(most));
  if (maxBytes < minBytes) {
    context.addIssue({
      code: 'custom',
      message: `nothing is left of it between ${minBytes}B and ${maxBytes}B: expected min below max`,
    });
    return z.NEVER;
  }
  return { minBytes, maxBytes, spread };
}

function spreadOver(spread: SizeSpread, sizes: readonly number[]): SizePlan {
  return { minBytes: Math.min(...sizes), maxBytes: Math.max(...sizes), spread };
}

function percentilesProblem(
  points: readonly { readonly percentile: number; readonly bytes: number }[],
): string | undefined {
  if (points[0]?.percentile !== 0 || points.at(-1)?.percentile !== 100) {
    return 'expected p0, the smallest size, and p100, the largest, among the percentiles';
  }
  if (points.some(({ bytes }) => !inBounds(bytes))) return OUT_OF_BOUNDS;
  const falls = points.find(({ bytes }, i) => i > 0 && bytes < (points[i - 1] as { bytes: number }).bytes);
  return falls && `the size at p${falls.percentile} is below the one before it`;
}
