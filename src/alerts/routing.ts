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

export interface GroupTimes {
  readonly groupWaitNs: number;
  readonly groupIntervalNs: number;
}

/** The longest that an alert with these labels waits in its groups, for its first notification and for the next. */
export function groupTimesOf({ route }: Yaml, labels: Readonly<Record<string, string>>): GroupTimes {
  const usual = { groupWaitNs: GROUP_WAIT_NS, groupIntervalNs: GROUP_INTERVAL_NS };
  const taken = takenRoutes((route ?? {}) as Yaml, labels, usual);
  return {
    groupWaitNs: Math.max(...taken.map(({ groupWaitNs }) => groupWaitNs)),
    groupIntervalNs: Math.max(...taken.map(({ groupIntervalNs }) => groupIntervalNs)),
  };
}

/** As Alertmanager goes through them: the first child that matches, the next ones too where it says `continue`, or the parent. */
function takenRoutes(
  route: Yaml,
  labels: Readonly<Record<string, string>>,
  inherited: GroupTimes,
): GroupTimes[] {
  const times = {
    groupWaitNs: parsePrometheusDuration(String(route.group_wait)) ?? inherited.groupWaitNs,
    groupIntervalNs: parsePrometheusDuration(String(route.group_interval)) ?? inherited.groupIntervalNs,
  };
  const taken: GroupTimes[] = [];
  for (const child of listOf(route.routes)) {
    if (!isMatched(child, labels)) continue;
    taken.push(...takenRoutes(child, labels, times));
    if (child.continue !== true) break;
  }
  return taken.length === 0 ? [times] : taken;
}

const MATCHER = /^\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*$/;

/** What is not understood matches: then more patience is had than needed. */
function isMatched({ matchers, match, match_re }: Yaml, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries((match ?? {}) as Yaml);
  const alike = Object.entries((match_re ?? {}) as Yaml);
  return (
    equal.every(([name, value]) => (labels[name] ?? '') === value) &&
    alike.every(([name, value]) => isAlike(labels[name], String(value))) &&
    (Array.isArray(matchers) ? matchers : []).every((matcher) => {
      const [, name = '', operator, value = ''] = MATCHER.exec(String(matcher)) ?? [];
      switch (operator) {
        case '=':
          return (labels[name] ?? '') === value;
        case '!=':
          return (labels[name] ?? '') !== value;
        case '=~':
          return isAlike(labels[name], value);
        case '!~':
          return !isAlike(labels[name], value);
        default:
          return true;
      }
    })
  );
}

function isAlike(label = '', expression: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`).test(label);
  } catch {
    return true;
  }
}
