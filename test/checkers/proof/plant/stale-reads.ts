import { NS } from '../../../../src/base/clock.js';
import { addGet, okWritesWithRevision } from './bucket-operations.js';
import { endOf } from './owned-operations.js';
import { type Planter, plantersOf } from './planter.js';

const { violation } = plantersOf('stale-reads');

export const STALE_READS_PLANTERS: readonly Planter[] = [
  violation(
    'a get is stale by a second and more than may be',
    okWritesWithRevision,
    ({ operation }, world) => {
      const sentNs = endOf(world) + NS.s;
      addGet(world, { subject: operation.subject, sentNs, doneNs: sentNs + NS.us });
      return { gets: 1, stale: 1, tooStale: 1 };
    },
  ),
];
