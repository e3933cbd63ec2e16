import { z } from 'zod';
import { NS } from '../../base/nanoseconds.js';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';
import { MONITOR, readTarget } from './http-target.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const METHOD = `expected one of ${METHODS.join(', ')}`;

const urlSchema = z.string({ error: `expected a URL, or ${MONITOR}` }).superRefine((text, context) => {
  if (text === MONITOR) return;
  const target = readTarget(text);
  if ('problem' in target) context.addIssue({ code: 'custom', message: target.problem });
});

/** Durations are nanoseconds. */
export const httpSchema = z.strictObject({
  url: urlSchema.describe(
    `What is asked for: a URL, or ${MONITOR}, the metrics page of the run's own monitor`,
  ),
  method: z.enum(METHODS, { error: METHOD }).default('GET').describe('The method of each request'),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected the name of a header' }),
      z.string().regex(/^[^\r\n]*$/, { error: 'expected a text of one line' }),
    )
    .prefault({})
    .describe('Headers of each request'),
  body: z.string({ error: 'expected a text' }).optional().describe('The body of each request'),
  connections: countSchema
    .refine((count) => count <= 10_000, { error: 'expected at most 10k' })
    .prefault(10)
    .describe(
      'With a rate: how many connections share it, per worker. With concurrency there are as many as that says',
    ),
  timeout: durationSchema
    .refine((ns) => ns >= NS.s, { error: 'expected at least 1s, the least that autocannon takes' })
    .prefault('5s')
    .describe('How long a response is waited for before the outcome is unknown'),
  overdue: durationSchema
    .prefault('1s')
    .describe('A response later than this after the due time counts as trouble: recovery is measured by it'),
  allow: z
    .array(z.string({ error: 'expected host:port' }))
    .default([])
    .describe(
      'Where the URL leads to, as host:port, unless it is this machine: the consent to load it. The command line must give it too (--allow)',
    ),
});

export type HttpParams = z.output<typeof httpSchema>;
