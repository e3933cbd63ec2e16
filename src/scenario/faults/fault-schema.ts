import { z } from 'zod';
import { parseDuration } from '../../base/units.js';
import { lastingSchema, MAX_DURATION_NS, offsetSchema } from '../quantities.js';
import { targetSchema } from './target-grammar.js';

/** A stretch of time, or from the shorter to the longer one: then it is drawn by the seed. */
export interface DurationRange {
  readonly minNs: number;
  readonly maxNs: number;
}

const ONE = String.raw`(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+`;
const RANGE_EXPECTED =
  'expected a duration with its unit, such as 30s or 1m30s, or a range of them, such as 2s..8s';

/** `30s` or `2s..8s` → nanoseconds, from and to. */
export const durationRangeSchema = z
  .string({ error: RANGE_EXPECTED })
  .regex(new RegExp(String.raw`^${ONE}(\.\.${ONE})?$`), { error: RANGE_EXPECTED, abort: true })
  .transform((text, context): DurationRange => {
    const [from, to] = text.split('..') as [string, string | undefined];
    const minNs = parseDuration(from) as number;
    const maxNs = to === undefined ? minNs : (parseDuration(to) as number);
    const wrong = (message: string) => {
      context.addIssue({ code: 'custom', message, input: text });
      return z.NEVER;
    };
    if (maxNs < minNs) return wrong('expected a range from the shorter to the longer duration');
    if (minNs <= 0 || maxNs > MAX_DURATION_NS) {
      return wrong('expected a duration above zero and up to 30d, such as 30s, 250ms or 1m30s');
    }
    return { minNs, maxNs };
  });

/** How often at most: a plan is written out, printed and saved. */
const MAX_TIMES = 10_000;
const times = z.int({ error: 'expected a whole number from 1 to 10000, such as 3' }).min(1).max(MAX_TIMES);

export const atMostSchema = z
  .int({ error: 'expected a whole number from 1 to 10000, such as 2' })
  .min(1)
  .max(MAX_TIMES);

/** The keys of a fault wherever it stands, beside the one that says how long it holds. */
export const faultShape = {
  target: targetSchema,
  'allow-quorum-loss': z
    .boolean()
    .default(false)
    .describe('It may take away the quorum of the meta group or of a stream. Default: false.'),
  seed: z
    .int({ error: 'expected a whole number from 0 to 9007199254740991, such as 42' })
    .min(0)
    .optional()
    .describe(
      'What it draws follows from this number. Default: from the seed of the run and its place in the list.',
    ),
};

export const faultDurationSchema = durationRangeSchema.describe(
  'How long it holds until it is healed; of a range such as 2s..8s it is drawn by the seed.',
);

/** When an entry of `faults` begins, and how often. */
export const entryShape = {
  at: offsetSchema
    .optional()
    .describe(
      'When it begins, after the start of the load; with `when`: from when on the condition is looked at. Default with `when`: 0s.',
    ),
  every: durationRangeSchema
    .optional()
    .describe(
      'It comes again so long after it began; of a range such as 20s..25s, drawn by the seed each time. Until the load ends, unless `times` or `until` is given.',
    ),
  times: times.optional().describe('With `every`: how often, the first included.'),
  until: offsetSchema.optional().describe('With `every`: none begins so late after the start of the load.'),
  when: z
    .string({ error: 'expected a condition, such as "backlog > 10k"' })
    .optional()
    .describe('It begins when this first holds: "backlog > 10k" or "orders.ack_latency p99 > 200ms".'),
  within: lastingSchema
    .optional()
    .describe('With `when`: how long the condition is waited for; if it never holds, the run has failed.'),
};
export type EntryInput = z.output<z.ZodObject<typeof entryShape>>;

/** When a step of a sequence begins: unless told, as soon as the one before has ended. */
export const stepShape = {
  after: offsetSchema.optional().describe('So long after the step before began, which may still hold then.'),
  'after-end': lastingSchema.optional().describe('So long after the step before ended.'),
};
export type StepInput = z.output<z.ZodObject<typeof stepShape>>;

/** How often one of a nemesis' faults is drawn. */
export const mixShape = {
  weight: z
    .number({ error: 'expected a number above zero' })
    .positive({ error: 'expected a number above zero' })
    .max(1e6)
    .default(1)
    .describe('How often it is drawn, compared with the others. Default: 1.'),
};

export const sequenceSchema = z.strictObject({
  ...entryShape,
  sequence: z
    .array(z.unknown(), { error: 'expected a list of faults' })
    .min(1)
    .describe('Faults that follow each other.'),
});

export const nemesisSchema = z.strictObject({
  nemesis: z
    .array(z.unknown(), { error: 'expected a list of faults' })
    .min(1)
    .describe('Faults of which one is drawn at a time, by weight and seed.'),
  at: offsetSchema.describe('When the first may begin, after the start of the load.'),
  until: lastingSchema.describe('When the last has ended, after the start of the load.'),
  quiet: durationRangeSchema
    .prefault('5s..15s')
    .describe('How long nothing is done before each; drawn by the seed. Default: 5s..15s.'),
  'at-most': atMostSchema.default(1).describe('How many may hold at the same time. Default: 1.'),
});
export type NemesisInput = z.output<typeof nemesisSchema>;
