import { anyOf } from '../tables/event-pattern.js';
import { SeriesColumn, type SeriesNames } from '../tables/series-names.js';
import type { MonitoredAgentsPlan } from './agents-schema.js';

/** What an event says of its agent, by its type. */
export const NEWS = 0;
export const HEARTBEAT = 1;
export const LEAVING = 2;
/** The agent is told something, and says nothing. */
export const COMMAND = 3;
export const RESULT = 4;
/** One of stormglass's own agents asks or answers another: who speaks is `from`. */
export const TALK = 5;

/** The types under which stormglass's own agents write to each other. */
const TALKS = ['Question', 'Answer'];

/** Tells them by the patterns of the configuration; a column by series. */
export function agentRoles(plan: MonitoredAgentsPlan, names: SeriesNames): SeriesColumn {
  const isHeartbeat = anyOf(plan.heartbeats);
  const isLeaving = anyOf(plan.leaves);
  const isCommand = anyOf(plan.commands);
  const isResult = anyOf(plan.results);
  return new SeriesColumn(names, (domain, type) => {
    if (isHeartbeat(domain, type)) return HEARTBEAT;
    if (isLeaving(domain, type)) return LEAVING;
    if (isResult(domain, type)) return RESULT;
    if (isCommand(domain, type)) return COMMAND;
    return TALKS.includes(type) ? TALK : NEWS;
  });
}
