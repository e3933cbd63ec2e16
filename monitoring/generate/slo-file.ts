import { parse } from 'yaml';
import { z } from 'zod';

const SELECTOR = z
  .string()
  .regex(
    /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})?$/,
    'expected the name of a counter, with or without {labels}',
  );
const SELECTORS = z.union([SELECTOR.transform((one) => [one]), z.array(SELECTOR).min(1)]);

const SLO = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected small letters, digits and dashes'),
    description: z.string().min(1),
    objective: z
      .string()
      .regex(/^\d+(\.\d+)?%$/, 'expected a percentage such as 99.9%')
      .transform((text) => Number(text.slice(0, -1)) / 100)
      .refine(
        (share) => share > 0 && share < 1,
        'expected more than 0% and less than 100%: a budget of nothing cannot burn',
      ),
    by: z.array(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected the name of a label')).min(1),
    good: SELECTORS.optional(),
    bad: SELECTORS.optional(),
    total: SELECTORS,
    'least-events-per-hour': z.number().nonnegative(),
  })
  .refine(({ good, bad }) => (good === undefined) !== (bad === undefined), 'expected either good or bad');

const FILE = z.strictObject({
  slos: z
    .array(SLO)
    .min(1)
    .refine((slos) => new Set(slos.map(({ name }) => name)).size === slos.length, 'two SLOs have one name'),
});

export interface Slo {
  readonly name: string;
  readonly description: string;
  /** A share, 0 to 1. */
  readonly objective: number;
  readonly by: readonly string[];
  /** Counters that count what was good; else `bad` counts what was not. */
  readonly good?: readonly string[] | undefined;
  readonly bad?: readonly string[] | undefined;
  readonly total: readonly string[];
  readonly leastEventsPerHour: number;
}

/**
 * Reads the text of monitoring/slos.yaml.
 * @throws Error that names each place and what is wrong there
 */
export function readSlos(text: string): Slo[] {
  const result = FILE.safeParse(parse(text));
  if (!result.success) {
    const wrong = result.error.issues.map(
      ({ path, message }) => `  ${path.join('.') || 'the file'}: ${message}`,
    );
    throw new Error(`slos.yaml cannot be used:\n${wrong.join('\n')}`);
  }
  return result.data.slos.map(({ 'least-events-per-hour': leastEventsPerHour, ...slo }) => ({
    ...slo,
    leastEventsPerHour,
  }));
}
