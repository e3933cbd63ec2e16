import { z } from 'zod';

const EXPECTED = 'expected `every`, or one in so many events, such as 1/100 (up to 1/10000)';

/** `every` or `1/100` → one in how many events has a trace of its own; 0 for none. */
export const traceparentSchema = z
  .union(
    [
      z.literal('every').transform(() => 1),
      z
        .string()
        .regex(/^1\/\d{1,5}$/)
        .transform((text) => Number(text.slice(2)))
        .refine((events) => events >= 1 && events <= 10_000, { error: EXPECTED }),
    ],
    { error: EXPECTED },
  )
  .optional()
  .transform((events) => events ?? 0)
  .describe(
    'Which events have a W3C `traceparent` header, with a trace of their own: `every`, or one in so many, 1/100. Default: none.',
  );
