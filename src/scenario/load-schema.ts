import { z } from 'zod';
import { countSchema, nameSchema } from '../base/unit-schemas.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { ScheduleMode } from '../contracts/plan/schedule.js';
import { lastingSchema, levelSchema, offsetSchema, rateOrMaxSchema } from './quantities.js';

const stageSchema = z.strictObject({
  to: levelSchema.optional().describe('The rate that is reached at the end of this stage.'),
  over: offsetSchema.optional().describe('How long it takes to get there; 0s: at once.'),
  from: levelSchema
    .optional()
    .describe('The rate this stage begins at. Default: where the last one ended; 0/s at first.'),
  hold: lastingSchema.optional().describe('How long the rate stays as it is.'),
  step: levelSchema.optional().describe('A rate that holds from now on, at once.'),
  spike: levelSchema
    .optional()
    .describe('A rate that holds for a while, after which the one before is back.'),
  for: lastingSchema.optional().describe('How long the step or the spike lasts.'),
});

const ARRIVAL = 'expected constant, poisson or { bursts: 100 }';

const arrivalSchema = z.union(
  [
    z.enum(['constant', 'poisson']),
    z.strictObject({ bursts: countSchema.describe('How many operations are due at a time.') }),
  ],
  { error: ARRIVAL },
);

/** More operations than these are never in flight at a time. */
const MAX_CONCURRENCY = 1_000_000;

/** The keys that every kind of load may have; which of them it takes, its schedules say. */
export const loadShape = {
  name: nameSchema.describe('Name of the load; thresholds and reports call it so.'),
  domains: z
    .array(nameSchema)
    .min(1)
    .optional()
    .describe('The domains of events.mix that this load sends. Default: all of them.'),
  rate: rateOrMaxSchema
    .optional()
    .describe(
      'Operations, or bytes, due in a second, whatever the system does; `max`: as many as get through.',
    ),
  stages: z
    .array(stageSchema)
    .min(1)
    .optional()
    .describe('A rate that changes over time, in place of rate and for.'),
  arrival: arrivalSchema
    .optional()
    .describe(
      'How operations are spread within a rate: evenly (the default), as Poisson arrivals, in bursts.',
    ),
  replay: z
    .strictObject({
      speed: z
        .number({ error: 'expected how many times as fast, such as 1, 10 or 0.5' })
        .positive()
        .max(1_000_000)
        .default(1)
        .describe('How many times as fast as the records happened.'),
    })
    .optional()
    .describe('Sends the records of a file as far apart as they happened, in place of a rate.'),
  concurrency: countSchema
    .refine((count) => count <= MAX_CONCURRENCY, { error: `expected at most ${MAX_CONCURRENCY}` })
    .optional()
    .describe('Operations in flight, all workers together: the next begins when one has its answer.'),
  for: lastingSchema.optional().describe('How long the load lasts.'),
  count: countSchema.optional().describe('The load is over when so many operations were due.'),
  at: offsetSchema.prefault('0s').describe('How long after the start of the run this load begins.'),
  'warm-up': lastingSchema
    .optional()
    .describe('What is due so early in this load is measured apart, and is in no total.'),
  workers: z.int().min(1).max(256).default(1).describe('How many threads share the load.'),
  history: z
    .boolean({ error: 'expected true or false' })
    .default(true)
    .describe('Whether every operation is written down, for the checks to judge.'),
};

/** Of those keys, the ones that a kind takes: what an editor offers. */
export function loadShapeOf({
  events,
  schedules,
  history,
}: Pick<LoadKindFacts, 'events' | 'schedules' | 'history'>) {
  const takes = (...modes: readonly ScheduleMode[]) => schedules.some((mode) => modes.includes(mode));
  const taken: Readonly<Partial<Record<keyof typeof loadShape, boolean>>> = {
    domains: events,
    rate: takes('open', 'max'),
    stages: takes('open'),
    arrival: takes('open'),
    replay: events && takes('open'),
    concurrency: takes('closed'),
    count: takes('open', 'max', 'closed'),
    history: history.length > 0,
  };
  return Object.fromEntries(
    Object.entries(loadShape).filter(([key]) => taken[key as keyof typeof loadShape] !== false),
  );
}

const commonSchema = z.strictObject({ ...loadShape, kind: z.string() });
export type LoadInput = z.output<typeof commonSchema>;
export type StageInput = z.output<typeof stageSchema>;
export type ArrivalInput = z.output<typeof arrivalSchema>;
