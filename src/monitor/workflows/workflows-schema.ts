import { z } from 'zod';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';
import { fieldsSchema, patternsSchema } from '../tables/pattern-schema.js';

const MOST_OPEN = 1_000_000;
const MOST_NAMES = 1000;

/** How workflows are followed. */
export const workflowsSchema = z
  .strictObject({
    workflow: fieldsSchema
      .default(['workflow'])
      .describe(
        'Fields that say what kind of workflow an event belongs to. Without one, the domain of its first event',
      ),
    started: patternsSchema
      .optional()
      .describe(
        'Events that begin a workflow, such as orders.OrderPlaced; a mere XCompleted or XFailed of an unknown id is then nothing. Default: XStarted',
      ),
    completed: patternsSchema
      .optional()
      .describe('Events that end one well. Default: XCompleted, with the X and the domain of its beginning'),
    failed: patternsSchema
      .optional()
      .describe('Events that end one badly. Default: XFailed, with the X and the domain of its beginning'),
    number: fieldsSchema.default(['number']).describe('Fields that number the events of a workflow'),
    'first-number': z
      .int({ error: 'expected a whole number, such as 0 or 1' })
      .min(0)
      .optional()
      .describe(
        'The number of the first event of a workflow; numbers say nothing of a beginning unless it is given',
      ),
    last: fieldsSchema
      .default(['last'])
      .describe(
        'Fields that are true in the last event of a workflow, or hold the number that its last event has',
      ),
    'stalled-after': durationSchema
      .refine((ns) => ns > 0, { error: 'expected a time above zero, such as 1m' })
      .prefault('1m')
      .describe('An open workflow without an event for longer stands still. Default: 1m'),
    'forget-after': durationSchema
      .refine((ns) => ns > 0, { error: 'expected a time above zero, such as 1d' })
      .prefault('1d')
      .describe('An open workflow without an event for longer is followed no more. Default: 1d'),
    'max-open': countSchema
      .refine((count) => count <= MOST_OPEN, { error: 'expected at most 1M' })
      .prefault('100k')
      .describe(
        'Workflows that are followed at a time, the oldest gives way; and those that ended and are remembered. Default: 100k',
      ),
    'max-names': countSchema
      .refine((count) => count <= MOST_NAMES, { error: `expected at most ${MOST_NAMES}` })
      .prefault(100)
      .describe('Kinds of workflow that are told apart, the rest are `other`. Default: 100'),
  })
  .describe('How workflows are known by the correlation ids in events');

export type WorkflowsPlan = z.output<typeof workflowsSchema>;

/** The section `workflows:` of the monitor's configuration; `false` or `off` where none are followed. */
export const workflowsSectionSchema = z
  .union([workflowsSchema, z.literal([false, 'off'])])
  .describe('How workflows are known by the correlation ids in events; false: none are followed');

export type WorkflowsSection = z.output<typeof workflowsSectionSchema>;
