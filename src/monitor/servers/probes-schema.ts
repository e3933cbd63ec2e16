import { z } from 'zod';
import { NS } from '../../base/nanoseconds.js';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';

const SHORTEST_NS = 100 * NS.ms;
const MOST = 100_000;

const URL_EXPECTED = 'expected the address of a monitoring endpoint, such as http://127.0.0.1:8222';
const endpoint = z.string({ error: URL_EXPECTED }).refine(isMonitoringEndpoint, { error: URL_EXPECTED });

const EVERY = 'expected a time from 100ms to 1h, such as 5s';
const TOO_MANY = `expected at most ${MOST}`;
const limit = countSchema.refine((count) => count <= MOST, { error: TOO_MANY });

/** The section `probes:` of the monitor's configuration. */
export const probesSchema = z
  .strictObject({
    servers: z
      .array(endpoint)
      .default([])
      .describe(
        'Monitoring endpoints of the servers, all that there should be. Default: the cluster’s nodes in a run; those that the system account tells of, where the credentials are of that.',
      ),
    every: durationSchema
      .refine((ns) => ns >= SHORTEST_NS && ns <= NS.h, { error: EVERY })
      .optional()
      .describe('From one look at a server to the next. Default: 5s, divided by the factor of alerts.'),
    deadline: durationSchema
      .refine((ns) => ns >= SHORTEST_NS && ns <= NS.h, { error: EVERY })
      .prefault('2s')
      .describe(
        'A server that has not answered by then counts as away, and is not asked again before. Default: 2s.',
      ),
    'max-streams': limit
      .default(1000)
      .describe('Streams to tell apart, and accounts: the others are told as one, `other`. Default: 1k.'),
    'max-consumers': limit
      .default(2000)
      .describe('Consumers to tell apart: the others are told as one, `other`. Default: 2k.'),
  })
  .describe('How the servers are asked about themselves');

export type ProbesPlan = z.output<typeof probesSchema>;

/** `http://127.0.0.1:8222`, with a path where the server has one before its pages. */
export function isMonitoringEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && search === '' && hash === '';
}
