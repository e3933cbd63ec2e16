import { z } from 'zod';
import { subjectFilterProblem, subjectProblem } from '../base/subjects.js';
import type { EventKind } from '../contracts/plan/events.js';

/**
 * Where requests go unless told, beside the events: the monitor listens to those, so that no request on them would
 * ever be told that nobody is there to answer.
 */
export const REQUEST_PATTERN = 'requests.{domain}.{type}';

const PLACEHOLDERS = '{domain} and {type} are all that can stand in braces here';

const patternSchema = (expected: string, problemOf: (subject: string) => string | undefined) =>
  z.string({ error: expected }).superRefine((pattern, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', message });
    if (/\{(?!(domain|type)\})/.test(pattern)) return wrong(PLACEHOLDERS);
    const problem = problemOf(fill(pattern, 'x', 'x'));
    if (problem !== undefined) wrong(problem);
  });

/** Where requests go: `requests.{domain}.{type}`. */
export const requestPatternSchema = patternSchema('expected a subject to send requests to', subjectProblem);

/** Where they are answered: the same, or with wildcards. */
export const servicePatternSchema = patternSchema(
  'expected a subject to answer requests of, which may hold wildcards',
  subjectFilterProblem,
);

/** The events with the subjects that requests of their kind go to. */
export function asRequests(events: readonly EventKind[], pattern: string): EventKind[] {
  return events.map((event) => ({ ...event, subject: fill(pattern, event.domain, event.type) }));
}

const fill = (pattern: string, domain: string, type: string): string =>
  pattern.replaceAll('{domain}', domain).replaceAll('{type}', type);
