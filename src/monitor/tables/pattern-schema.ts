import { z } from 'zod';
import { EVENT_PATTERN } from './event-pattern.js';

const EXPECTED =
  'expected a type of event, or domain.type, where * stands for any letters, such as *Completed or orders.Shipped';

/** Which events are meant; see event-pattern.ts. */
export const patternSchema = z.string({ error: EXPECTED }).regex(EVENT_PATTERN, { error: EXPECTED });

export const patternsSchema = z.array(patternSchema).min(1);

const FIELD = 'expected the name of a field, such as orderId, or order.id for one in an object';

/** The name of a field; dots lead into objects. */
export const fieldSchema = z
  .string({ error: FIELD })
  .regex(/^[^.\s]([^\s]*[^.\s])?$/, { error: FIELD })
  .refine((name) => !name.includes('..') && name.length <= 128, { error: FIELD });

/** The names that a field may have: the first that is there counts. */
export const fieldsSchema = z.array(fieldSchema).min(1).max(16);
