import { z } from 'zod';
import { countSchema } from '../base/unit-schemas.js';
import type { TracesPlan } from '../contracts/trace.js';
import { parsePart } from './parse-part.js';
import type { Findings } from './problem.js';

const ENDPOINT = 'expected the address of an OTLP/HTTP endpoint, such as http://127.0.0.1:4318';
const SAMPLE = 'expected `every`, or one in so many events, such as 1/100 (up to 1/10000)';
const MAX_SPANS = 'expected spans a second, such as 1000/s (from 10/s to 10k/s)';

export const tracesSchema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: ENDPOINT })
    .refine((text) => !hasUser(text), { error: 'expected an address without user and password' })
    .optional()
    .describe(
      'Where spans are sent by OTLP/HTTP, such as http://127.0.0.1:4318; without a path, to /v1/traces. Default: nowhere; they are in traces.ndjson.',
    ),
  sample: z
    .union(
      [
        z.literal('every').transform(() => 1),
        z
          .string()
          .regex(/^1\/\d{1,5}$/)
          .transform((text) => Number(text.slice(2)))
          .refine((events) => events >= 1 && events <= 10_000, { error: SAMPLE }),
      ],
      { error: SAMPLE },
    )
    .prefault('1/100')
    .describe('Which events have a trace that is recorded: `every`, or one in so many. Default: 1/100.'),
  'max-spans': z
    .union(
      [
        countSchema,
        z
          .string()
          .regex(/^\d+(\.\d+)?k?\/s$/)
          .transform((text) => Number.parseFloat(text) * (text.includes('k') ? 1000 : 1)),
      ],
      { error: MAX_SPANS },
    )
    .refine((perSec) => perSec >= 10 && perSec <= 10_000, { error: MAX_SPANS })
    .prefault('1000/s')
    .describe('Spans a second that are recorded at most; beyond it, fewer traces begin. Default: 1000/s.'),
});

/** How spans are recorded; `undefined` where the scenario has no such section, or a wrong one. */
export function resolveTraces(value: unknown, findings: Findings): TracesPlan | undefined {
  if (value === undefined) return undefined;
  const input = parsePart(tracesSchema, value ?? {}, ['traces'], findings);
  if (input === undefined) return undefined;
  const { endpoint, sample, 'max-spans': maxSpansPerSec } = input;
  return {
    ...(endpoint !== undefined && { endpoint: withPath(endpoint) }),
    sampleEvery: sample,
    maxSpansPerSec,
  };
}

/** As OTLP has it for the base of an endpoint. */
function withPath(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

function hasUser(text: string): boolean {
  try {
    const { username, password } = new URL(text);
    return username !== '' || password !== '';
  } catch {
    return false;
  }
}
