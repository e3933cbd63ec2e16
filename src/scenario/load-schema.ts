import { z } from 'zod';
import { nameSchema } from '../base/unit-schemas.js';
import { lastingSchema, levelSchema, offsetSchema, rateOrMaxSchema } from './quantities.js';

const stageSchema = z.strictObject({
  to: levelSchema.optional().describe('The rate that is reached at the end of this stage.'),
  over: offsetSchema.optional().describe('How long it takes to get there; 0s is a step.'),
  from: levelSchema
    .optional()
    .describe('The rate this stage begins at. Default: where the last one ended; 0/s at first.'),
  hold: lastingSchema.optional().describe('How long the rate stays as it is.'),
});

/** The keys that every kind of load has. */
export const loadShape = {
  name: nameSchema.describe('Name of the load; thresholds and reports call it so.'),
  domains: z
    .array(nameSchema)
    .min(1)
    .optional()
    .describe('The domains of events.mix that this load sends. Default: all of them.'),
  rate: rateOrMaxSchema
    .optional()
    .describe('Operations due in a second, whatever the system does; `max`: as many as get through.'),
  stages: z
    .array(stageSchema)
    .min(1)
    .optional()
    .describe('A rate that changes over time, in place of rate and for.'),
  for: lastingSchema.optional().describe('How long the load lasts, with rate.'),
  workers: z.int().min(1).max(256).default(1).describe('How many threads share the load.'),
};

const commonSchema = z.strictObject({ ...loadShape, kind: z.string() });
export type LoadInput = z.output<typeof commonSchema>;
export type StageInput = z.output<typeof stageSchema>;
