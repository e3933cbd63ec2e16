import { anyOf, type EventPattern } from '../tables/event-pattern.js';
import { type NamedEvent, SeriesColumn, type SeriesNames } from '../tables/series-names.js';
import type { WorkflowsPlan } from './workflows-schema.js';

/** What an event is to its workflow, by its type. */
export const STEP = 0;
export const START = 1;
export const COMPLETION = 2;
export const FAILURE = 3;

export type WorkflowTypes = Pick<WorkflowsPlan, 'started' | 'completed' | 'failed'>;

/** The stem of what was configured: it begins or ends a workflow of any name. */
export const ANY_STEM = 0;

const WORDS = /^(.*?)[-_]?(started|completed|failed)$/i;
/** By role − 1. */
const ROLES: readonly string[] = ['started', 'completed', 'failed'];
/** What a part of a workflow is called: its end is not the workflow's. */
const PART = /(step|task|activity|stage|phase)$/i;

/**
 * Says by an event's type what it is to its workflow. Without a configuration, `XStarted` begins one, and `XCompleted` and
 * `XFailed` of the same domain and the same X end it: an end has the name of its beginning, so that `WorkflowStepCompleted`
 * and `PaymentFailed` are steps of what began as `WorkflowStarted`.
 */
export class WorkflowRoles {
  readonly #column: SeriesColumn;

  constructor({ started, completed, failed }: WorkflowTypes, names: SeriesNames) {
    const given = [started, completed, failed].map((patterns) => patterns && anyOf(patterns));
    this.#column = new SeriesColumn(names, (domain, type) => this.#findOut(given, domain, type));
  }

  /** What an event is; the hot path. To be read by `roleOf`, `stemOf` and `isPart`. */
  of(event: NamedEvent): number {
    return this.#column.of(event);
  }

  #findOut(given: readonly (EventPattern | undefined)[], domain: string, type: string): number {
    const role = given.findIndex((means) => means?.(domain, type)) + 1;
    if (role > 0) return role;
    const [, name = '', word = ''] = WORDS.exec(type) ?? [];
    const byWord = ROLES.indexOf(word.toLowerCase()) + 1;
    if (byWord === STEP || given[byWord - 1] !== undefined) return STEP;
    return byWord | (PART.test(name) ? 4 : 0) | (stemNumber(`${domain}.${name}`) << 3);
  }
}

/**
 * Stands for a name, in 28 bits and never as ANY_STEM: there may be any number of names, and two that meet are told apart by
 * the ids of their workflows.
 */
function stemNumber(name: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x0fff_ffff || 1;
}

export const roleOf = (value: number): number => value & 3;
export const isPart = (value: number): boolean => (value & 4) !== 0;
export const stemOf = (value: number): number => value >>> 3;

/** Whether an end is that of a workflow that began under a stem; ANY_STEM when its beginning was not seen. */
export function ends(value: number, begunAs: number): boolean {
  if ((value & 2) === 0) return false;
  const stem = stemOf(value);
  if (stem === ANY_STEM) return true;
  return begunAs === ANY_STEM ? !isPart(value) : stem === begunAs;
}
