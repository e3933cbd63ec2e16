import type { Fault } from '../contracts/fault.js';
import { runningInstance } from './running-instance.js';

/** While the fault holds, every target is away from its Raft groups. */
export const allTargetsDown: NonNullable<Fault['impact']> = ({ targets }) => ({
  down: targets.map(({ name }) => name),
  cuts: [],
});

/** Of faults that end the processes of servers that run: what starts each again is written down before. */
export const endsProcesses: Pick<Fault, 'prepare'> & Required<Pick<Fault, 'impact'>> = {
  impact: allTargetsDown,
  async prepare({ cluster, targets }) {
    for (const { name } of targets) await runningInstance(cluster, name);
    return targets.map(({ name }) => cluster.startRecord(name));
  },
};
