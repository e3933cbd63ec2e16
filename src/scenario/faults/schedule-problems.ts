import { formatDuration } from '../../base/units.js';
import { formatPath } from '../problem.js';
import { LOAD_CLOCK, type PlannedFault } from './draft.js';
import { nodesOf } from './nemesis.js';

/** What is wrong with faults that are each right by themselves. */
export interface ScheduleProblem {
  readonly fault: PlannedFault;
  readonly message: string;
  readonly hint: string;
}

export type Report = (problem: ScheduleProblem) => void;

/** Faults in the order in which they begin, each with those that hold already when it does. Of one clock: others cannot be compared. */
export function* overlaps(
  faults: readonly PlannedFault[],
): Generator<{ readonly fault: PlannedFault; readonly holding: readonly PlannedFault[] }> {
  const clocks = new Set(faults.map(({ clock }) => clock));
  for (const clock of clocks) {
    const inOrder = faults.filter((fault) => fault.clock === clock).sort((a, b) => a.atNs - b.atNs);
    let holding: PlannedFault[] = [];
    for (const fault of inOrder) {
      holding = holding.filter((other) => other.atNs + Math.max(1, other.forNs) > fault.atNs);
      yield { fault, holding };
      holding.push(fault);
    }
  }
}

/** Faults that overlap and have the same thing to themselves on the same node. */
export function reportContradictions(faults: readonly PlannedFault[], report: Report): void {
  for (const { fault, holding } of overlaps(faults)) {
    for (const other of holding) {
      const claim = fault.claims.find((each) => other.claims.includes(each));
      const node = nodesOf(fault.target)?.find((each) => nodesOf(other.target)?.includes(each));
      if (claim === undefined || node === undefined) continue;
      const [later, earlier] = fault.entry >= other.entry ? [fault, other] : [other, fault];
      report({
        fault: later,
        message: `${spanOf(later)} contradicts ${formatPath(earlier.path)}, ${spanOf(earlier)}: both have the ${claim} of ${node} to themselves`,
        hint: 'Let one end before the other begins, or name other nodes.',
      });
      break;
    }
  }
}

/** More faults at the same time than the guards let. */
export function reportCrowds(
  faults: readonly PlannedFault[],
  atMost: number | undefined,
  report: Report,
): void {
  if (atMost === undefined) return;
  for (const { fault, holding } of overlaps(faults)) {
    if (holding.length < atMost) continue;
    const all = [...holding, fault];
    const latest = all.reduce((a, b) => (b.entry >= a.entry ? b : a));
    const names = all.map(({ path }) => formatPath(path)).join(', ');
    report({
      fault: latest,
      message: `${all.length} faults hold at ${formatDuration(fault.atNs)} (${names}), and guards.at-most is ${atMost}`,
      hint: 'Let one end before the other begins, or raise guards.at-most.',
    });
  }
}

const spanOf = ({ kind, atNs, forNs, clock }: PlannedFault): string => {
  const from = formatDuration(atNs).replace(/^0 ns$/, '0 s');
  if (clock !== LOAD_CLOCK) return kind;
  return forNs === 0 ? `${kind} at ${from}` : `${kind} from ${from} to ${formatDuration(atNs + forNs)}`;
};
