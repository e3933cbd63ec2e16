import { type Document, isMap, isSeq } from 'yaml';
import type { AlertsPlan } from '../../contracts/alert.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';

/**
 * Lets the alerts of a scenario come after faults that take the place of its own: by their ids as they will be, in the order in which they are
 * due. What comes after one that is gone goes with it.
 */
export function editAlerts(
  document: Document,
  alerts: AlertsPlan | undefined,
  faults: readonly Pick<FaultPlan, 'id' | 'atNs'>[],
): void {
  if (alerts === undefined) return;
  const inOrder = faults.toSorted((a, b) => a.atNs - b.atNs).map(({ id }) => id);
  const whole = document.get('alerts');
  const list = isMap(whole) ? whole.get('expect') : whole;
  if (!isSeq(list)) return;
  list.items = list.items.filter((item, i) => {
    const place = inOrder.indexOf(alerts.expectations[i]?.after ?? '');
    if (place >= 0 && isMap(item)) item.set('after', `fault-${place + 1}`);
    return place >= 0;
  });
  if (list.items.length === 0) document.delete('alerts');
}
