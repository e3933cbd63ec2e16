import { NS } from '../../base/clock.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { AgentsParams } from './agents-schema.js';

/** So many of a worker's connections have a name of their own for their events; the others share one. */
const MOST_WRITERS = 200;
/** A worker agent gets a command so often, unless the scenario says how many there are. */
const COMMAND_EVERY_NS = 10 * NS.s;
/** So many connections do the agents share, unless the scenario says how many or the agents are fewer. */
const SHARED_CONNECTIONS = 8;

type SomeLoad = Pick<LoadPlan, 'params' | 'workers'>;

const paramsOf = ({ params }: SomeLoad): AgentsParams => params as AgentsParams;

export const isPerAgent = (load: SomeLoad): boolean => paramsOf(load).connections === 'per-agent';

/** Commands a second of all workers together; 0 for none. */
export function commandsPerSec(load: SomeLoad): number {
  const { agents, behavior, commands } = paramsOf(load);
  if (commands !== undefined) return commands;
  return behavior === 'worker' ? agents / (COMMAND_EVERY_NS / NS.s) : 0;
}

/** Connections of one worker that its agents use. */
export function linksPerWorker(load: SomeLoad, worker: number): number {
  const { agents } = paramsOf(load);
  const { connections = Math.min(SHARED_CONNECTIONS, agents) } = paramsOf(load);
  if (connections === 'per-agent') return Math.max(0, Math.ceil((agents - worker) / load.workers));
  return Math.ceil(connections / load.workers);
}

/** All connections of one worker. */
export const socketsOfWorker = (load: SomeLoad, worker: number): number =>
  linksPerWorker(load, worker) + (commandsPerSec(load) > 0 ? 1 : 0);

/** The writers of a worker: one for each connection, as far as that goes, and one for its commands. */
export const writersOf = (load: SomeLoad): number => Math.min(linksPerWorker(load, 0), MOST_WRITERS) + 1;
