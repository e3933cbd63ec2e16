import { existsSync } from 'node:fs';
import type { LoadKindFacts, LoadProblem } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadKind, PrepareContext } from '../load-kind.js';
import { socketsOfWorker, writersOf } from './agents-plan.js';
import { type AgentsParams, agentsSchema } from './agents-schema.js';
import { AgentsTraffic } from './agents-traffic.js';
import { BUILT_IN } from './built-in.js';
import { isBehaviorFile, loadBehavior, unknownBehaviorHint } from './load-behavior.js';
import { requireSockets } from './require-sockets.js';

const facts: LoadKindFacts = {
  acknowledged: true,
  history: [],
  events: true,
  beginsTraces: true,
  needsStream: false,
  schedules: ['follow'],
  measures: ['schedule_delay'],
  writersOf,
  socketsOf: socketsOfWorker,
};

/** Many agents, each a state machine of its own with subjects of its own, over few connections or one each. */
export const agents: LoadKind = {
  kind: 'agents',
  summary: 'a crowd of agents: heartbeats, commands and results, workflows, conversations, failures',
  facts,
  schema: agentsSchema,
  locatePaths: (params, locate) => {
    const { behavior } = params as AgentsParams;
    return isBehaviorFile(behavior) ? { ...params, behavior: locate(behavior) } : params;
  },
  findProblems,
  prepare,
  create: (setting) => new AgentsTraffic(setting),
};

/** A behaviour that does not load, and sockets that are not to be had, are known before anything is sent. */
async function prepare(load: LoadPlan, context: PrepareContext): Promise<() => Promise<void>> {
  await loadBehavior(load.params as AgentsParams);
  await requireSockets(load, context);
  return async () => {};
}

function findProblems(load: LoadPlan): LoadProblem[] {
  const { agents: count, behavior, commands, connections, ramp } = load.params as AgentsParams;
  const problems: LoadProblem[] = [];
  const add = (key: string, message: string, hint?: string) =>
    problems.push({ key, message, ...(hint !== undefined && { hint }) });
  const isBuiltIn = Object.hasOwn(BUILT_IN, behavior);
  if (isBehaviorFile(behavior)) {
    if (!existsSync(behavior))
      add('behavior', `${behavior} is not there`, 'Paths start where the scenario is.');
  } else if (!isBuiltIn) {
    const hint = unknownBehaviorHint(behavior);
    add('behavior', `there is no behaviour \`${behavior}\``, hint ?? 'A file of your own begins with ./');
  }
  if (commands !== undefined && ['heartbeat', 'workflow'].includes(behavior)) {
    add(
      'commands',
      `a ${behavior} agent takes no commands`,
      'Leave `commands` out, or use `behavior: worker`.',
    );
  }
  if (behavior === 'conversation' && count < 2) {
    add('agents', 'a conversation needs two agents at least');
  }
  if (load.workers > count) {
    add('workers', `there are more workers than the ${count} agents`, 'Give each worker an agent at least.');
  } else if (typeof connections === 'number' && connections > count) {
    add('connections', `${connections} connections are more than the ${count} agents have a use for`);
  }
  const lastsNs = load.schedule.mode === 'follow' ? load.schedule.durationNs : undefined;
  if (lastsNs !== undefined && ramp >= lastsNs) {
    add('ramp', 'the load is over before all agents have started', 'Make the ramp shorter, or `for` longer.');
  }
  return problems;
}
