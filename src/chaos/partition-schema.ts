import { z } from 'zod';
import { linkChoiceSchema } from './links/link-choice.js';
import { PARTITION_SHAPES } from './partition-shapes.js';

/** The keys of a `partition` in a scenario, beside kind, at, target and for. */
export const partitionSchema = z
  .strictObject({
    shape: z
      .enum(PARTITION_SHAPES, { error: `expected one of ${PARTITION_SHAPES.join(', ')}` })
      .default('isolate')
      .describe(
        'isolate: each target from everybody else. majority: the targets as one side; of all nodes, a minority that is drawn. majorities-ring: everybody sees a majority, no two the same. pair: the link between two targets, or of one to another that is drawn. one-way: what the targets send does not arrive, what is sent to them does',
      ),
    how: z
      .enum(['drop', 'reject'], { error: 'expected drop or reject' })
      .default('drop')
      .describe(
        'drop: nothing passes, and connections stay. reject: connections end, and new ones are refused',
      ),
    between: linkChoiceSchema
      .default('routes')
      .describe('What is cut: routes (between nodes), clients (between the load and the nodes), or both'),
  })
  .superRefine(({ shape, how, between }, context) => {
    if (shape === 'one-way' && how === 'reject') {
      context.addIssue({
        code: 'custom',
        path: ['how'],
        message:
          'one way of a connection cannot be rejected: who refuses it refuses both ways. Use how: drop, or another shape',
      });
    }
    if ((shape === 'majorities-ring' || shape === 'pair') && between !== 'routes') {
      context.addIssue({
        code: 'custom',
        path: ['between'],
        message: `the shape ${shape} is one of links between nodes: expected between: routes`,
      });
    }
  });

export type PartitionParams = z.output<typeof partitionSchema>;
