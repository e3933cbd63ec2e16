import { z } from 'zod';
import { subjectFilterProblem } from '../base/subjects.js';

/** A subject to listen to; it may hold wildcards. */
export const filterSchema = z
  .string({ error: 'expected a subject, which may hold wildcards' })
  .superRefine((subject, context) => {
    const problem = subjectFilterProblem(subject);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const FILTERS = 'expected a subject, which may hold wildcards, or a list of them';

/** One such subject, or several → a list. */
export const filtersSchema = z.union(
  [filterSchema.transform((subject) => [subject]), z.array(filterSchema).min(1, { error: FILTERS })],
  { error: FILTERS },
);

/** The name of a queue group: the server takes any word. */
export const queueSchema = z
  .string({ error: 'expected the name of a queue group' })
  .regex(/^[^\s]{1,128}$/, { error: 'expected the name of a queue group: one word' });
