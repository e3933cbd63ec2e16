import { z } from 'zod';
import { POISON_FORMS } from './pressure/poison-forms.js';
import { boundedCount, boundedRate, subjectsSchema } from './pressure-schemas.js';

/** The keys of a `poison-events` in a scenario, beside those of every fault. */
export const poisonEventsSchema = z.strictObject({
  subject: subjectsSchema
    .prefault('cim.events.poison.Poisoned')
    .describe('Where to, one after the other: subjects of events that somebody reads'),
  forms: z
    .array(z.enum(POISON_FORMS, { error: `expected one of ${POISON_FORMS.join(', ')}` }))
    .min(1, { error: 'expected at least one form' })
    .prefault([...POISON_FORMS])
    .describe('What they are, one after the other'),
  rate: boundedRate(10_000).prefault('50/s').describe('How many a second, all forms together'),
  messages: boundedCount(1_000_000).prefault('10k').describe('When it has sent so many it sends no more'),
});

export type PoisonEventsParams = z.output<typeof poisonEventsSchema>;
