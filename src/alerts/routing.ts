import { NS } from '../base/nanoseconds.js';
import { divideTime, formatPrometheusDuration, parsePrometheusDuration } from './prometheus-duration.js';

type Yaml = Readonly<Record<string, unknown>>;

/** What Alertmanager does where its configuration says nothing. */
const GROUP_WAIT_NS = 30 * NS.s;
const GROUP_INTERVAL_NS = 5 * NS.min;
const REPEAT_INTERVAL_NS = 4 * NS.h;
const RESOLVE_TIMEOUT_NS = 5 * NS.min;

export function receiverNames({ receivers }: Yaml): readonly string[] {
  return listOf(receivers).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}

const listOf = (value: unknown): readonly Yaml[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];

/**
 * An Alertmanager's configuration as a run has it: its routes, groups and inhibitions as they are with their times divided, and a webhook of ours in the
 * place of whatever a receiver does.
 */
export function divideRouting(
  { route, receivers, inhibit_rules, mute_time_intervals, time_intervals, global }: Yaml,
  factor: number,
  webhookOf: (receiver: string) => string,
): Yaml {
  const own = (global ?? {}) as Yaml;
  const resolveNs = parsePrometheusDuration(String(own.resolve_timeout)) ?? RESOLVE_TIMEOUT_NS;
  return {
    global: { resolve_timeout: formatPrometheusDuration(divideTime(resolveNs, factor)) },
    route: divideRoute(
      {
        group_wait: formatPrometheusDuration(GROUP_WAIT_NS),
        group_interval: formatPrometheusDuration(GROUP_INTERVAL_NS),
        repeat_interval: formatPrometheusDuration(REPEAT_INTERVAL_NS),
        ...(route as Yaml),
      },
      factor,
    ),
    receivers: listOf(receivers).map(({ name }) => ({
      name,
      webhook_configs: [{ url: webhookOf(String(name)), send_resolved: true }],
    })),
    ...(inhibit_rules !== undefined && { inhibit_rules }),
    ...(mute_time_intervals !== undefined && { mute_time_intervals }),
    ...(time_intervals !== undefined && { time_intervals }),
  };
}

const ROUTE_TIMES = ['group_wait', 'group_interval', 'repeat_interval'];

function divideRoute(route: Yaml, factor: number): Yaml {
  const divided = Object.fromEntries(
    Object.entries(route).map(([key, value]) => {
      const ns = ROUTE_TIMES.includes(key) ? parsePrometheusDuration(String(value)) : undefined;
      return [key, ns === undefined ? value : formatPrometheusDuration(divideTime(ns, factor))];
    }),
  );
  const { routes } = route;
  if (!Array.isArray(routes)) return divided;
  return { ...divided, routes: listOf(routes).map((each) => divideRoute(each, factor)) };
}

/** The longest that a group waits, for its first notification and for the next, in a configuration whose root has both. */
export function longestGroupTimes({ route }: Yaml): { groupWaitNs: number; groupIntervalNs: number } {
  const routes = routesOf((route ?? {}) as Yaml);
  const longest = (key: string): number =>
    Math.max(0, ...routes.map((each) => parsePrometheusDuration(String(each[key])) ?? 0));
  return { groupWaitNs: longest('group_wait'), groupIntervalNs: longest('group_interval') };
}

const routesOf = (route: Yaml): Yaml[] => [route, ...listOf(route.routes).flatMap(routesOf)];
