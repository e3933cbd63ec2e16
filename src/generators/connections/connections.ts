import type { LoadKindFacts, LoadProblem, LoadScene } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadKind } from '../load-kind.js';
import { requireSockets } from '../socket-budget.js';
import { type ConnectionsParams, connectionsSchema } from './connections-schema.js';
import { ConnectionsTraffic } from './connections-traffic.js';

const facts: LoadKindFacts = {
  acknowledged: true,
  history: [],
  events: false,
  messages: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed'],
};

const paramsOf = ({ params }: LoadPlan): ConnectionsParams => params as ConnectionsParams;

/** Connections as operations: opened when they are due, held, closed. */
export const connections: LoadKind = {
  kind: 'connections',
  summary: 'opens, holds and closes connections: a storm of clients that come, or come back',
  facts,
  schema: connectionsSchema,
  findProblems,
  prepare: async (load, context) => {
    await requireSockets(`load ${load.name}`, socketsOf(context.scene), context);
    return async () => {};
  },
  create: (setting) => new ConnectionsTraffic(setting),
};

function findProblems(load: LoadPlan): LoadProblem[] {
  if (load.schedule.mode === 'open' && load.schedule.unit === 'bytes') {
    const message = 'connections have no size, by which a rate in bytes could be kept';
    return [{ key: 'rate', message, hint: 'Write it in connections, such as 200/s.' }];
  }
  const most = paramsOf(load).connections;
  if (most >= load.workers) return [];
  const message = `${load.workers} workers share ${most} connections: some would have none`;
  return [{ key: 'workers', message, hint: 'Use fewer workers, or more connections.' }];
}

/** Loads of this kind share the limit of the process. */
const socketsOf = ({ loads }: LoadScene): number =>
  loads
    .filter(({ kind }) => kind === connections.kind)
    .reduce((sum, load) => sum + paramsOf(load).connections, 0);
