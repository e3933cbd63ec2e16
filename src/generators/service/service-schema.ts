import { z } from 'zod';
import { percentageSchema, sizeSchema } from '../../base/unit-schemas.js';
import { REQUEST_PATTERN, servicePatternSchema } from '../request-subjects.js';
import { queueSchema } from '../subject-schemas.js';
import { serviceDelaySchema } from './service-delay.js';

/** The largest max_payload that a nats-server can be given. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;

const shareSchema = percentageSchema.refine((ratio) => ratio <= 1, { error: 'expected at most 100%' });

/** Durations are nanoseconds, sizes bytes, shares ratios. */
export const serviceSchema = z.strictObject({
  subject: servicePatternSchema
    .prefault(REQUEST_PATTERN)
    .describe('What it answers; {domain} and {type} stand for those of the events of `domains`'),
  queue: queueSchema
    .optional()
    .describe('The queue group that its workers are in, with whomever else. Default: the name of the load'),
  'reply-size': z
    .union(
      [
        z.literal('echo'),
        sizeSchema.refine((bytes) => bytes <= MAX_REPLY_BYTES, { error: 'expected at most 64MiB' }),
      ],
      { error: 'expected a size with its unit, such as 128B, or echo' },
    )
    .prefault('echo')
    .describe('Size of an answer; echo: the request itself comes back'),
  delay: serviceDelaySchema
    .optional()
    .describe(
      'How long an answer takes: 5ms, evenly spread 1ms..20ms, or log-normal { median: 5ms, p99: 40ms }, to the millisecond. Default: none',
    ),
  errors: shareSchema.prefault('0%').describe('Share of the requests that are answered with a service error'),
  silent: shareSchema.prefault('0%').describe('Share of the requests that are never answered'),
});

export type ServiceParams = z.output<typeof serviceSchema>;
