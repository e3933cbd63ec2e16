import type { Random } from '../../base/random.js';
import { commonOf, type Draft, drawFault, type FaultSpec } from './draft.js';
import type { StepInput } from './fault-schema.js';

export interface Step {
  readonly spec: FaultSpec;
  readonly timing: StepInput;
}

/** How one run through a sequence begins; its first step has `when`, if it waits for a condition. */
export type SequenceBegin = Pick<Draft, 'atNs' | 'clock' | 'entry' | 'when'> & {
  /** `#3`, for the third time. */
  readonly mark: string;
};

/**
 * The steps of a sequence, each with its place in time: as it will be if nothing takes longer than it should. Each but
 * the first follows the one before it, so that it waits for a healing that takes its time.
 */
export function expandSequence(
  steps: readonly Step[],
  begin: SequenceBegin,
  random: Random,
): readonly Draft[] {
  const { clock, entry, when, mark } = begin;
  const drafts: Draft[] = [];
  for (const { spec, timing } of steps) {
    const place = `faults[${entry}].sequence[${spec.path.at(-1)}]`;
    const origin = mark === '' ? place : `${place} ${mark}`;
    const drawn = drawFault(spec, random.fork(place));
    const common = { ...commonOf(spec), ...drawn, key: origin, origin, clock, entry };
    const last = drafts.at(-1);
    if (last === undefined) {
      drafts.push({ ...common, atNs: begin.atNs, ...(when && { when }) });
      continue;
    }
    const since = timing.after === undefined ? 'end' : 'begin';
    const afterNs = timing.after ?? timing['after-end'] ?? 0;
    const atNs = last.atNs + (since === 'end' ? last.forNs : 0) + afterNs;
    drafts.push({ ...common, atNs, follows: { key: last.key, since, afterNs } });
  }
  return drafts;
}

/** How long a sequence takes at the most, if nothing takes longer than it should. */
export function longestSpanNs(steps: readonly Step[]): number {
  let beginNs = 0;
  let endNs = 0;
  let lastForNs = 0;
  for (const [i, { spec, timing }] of steps.entries()) {
    const pauseNs = timing.after ?? timing['after-end'] ?? 0;
    if (i > 0) beginNs += timing.after === undefined ? lastForNs + pauseNs : pauseNs;
    lastForNs = spec.lasts?.maxNs ?? 0;
    endNs = Math.max(endNs, beginNs + lastForNs);
  }
  return endNs;
}
