import { z } from 'zod';
import type { Comparison } from '../contracts/plan/thresholds.js';

/** What a number is expected to be. */
export interface Expectation {
  /** As the user wrote it: `< 5`. */
  readonly text: string;
  readonly comparison: Comparison;
  readonly bound: number;
}

const PATTERN = /^\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$/;
const EXPECTED = 'expected a comparison with a number, such as "< 5" or "== 0"';

/** `< 5` → an expectation. */
export const expectationSchema = z
  .string({ error: EXPECTED })
  .regex(PATTERN, { error: EXPECTED, abort: true })
  .transform((text): Expectation => {
    const [, comparison, bound] = PATTERN.exec(text) as unknown as [string, Comparison, string];
    return { text: text.trim(), comparison, bound: Number(bound) };
  });

/** NaN meets no expectation, not even to be unequal: it is no number that anybody measured. */
export function meets({ comparison, bound }: Expectation, value: number): boolean {
  if (Number.isNaN(value)) return false;
  switch (comparison) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}
