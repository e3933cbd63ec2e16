import type { Checker, HistoryPart } from '../contracts/checker.js';
import type { Plan } from '../contracts/plan.js';

const ALL: readonly HistoryPart[] = ['reads', 'replicas', 'streams', 'consumers', 'deliveries'];

/** What the checks of a plan need to be told: what none of them looks at is not gathered. */
export function historyNeeds(
  { checks }: Pick<Plan, 'checks'>,
  checker: (name: string) => Pick<Checker, 'needs'>,
): ReadonlySet<HistoryPart> {
  return new Set(checks.flatMap(({ name }) => checker(name).needs ?? ALL));
}
