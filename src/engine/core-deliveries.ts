import { formatDuration, formatInteger } from '../base/units.js';
import type { NodeEvent } from '../contracts/cluster.js';
import type { CoreDelivery } from '../contracts/history.js';
import type { LoadCounter, LoadKindFacts, LoadNotice } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { LoadResult, ServerCounters } from '../contracts/run-result.js';
import { isMonitored } from './generator-tasks.js';
import type { MonitorSight } from './monitor-sight.js';

export interface CoreDeliverySources {
  readonly plans: readonly LoadPlan[];
  readonly results: readonly LoadResult[];
  readonly notices: readonly LoadNotice[];
  readonly sight: Pick<MonitorSight, 'times' | 'firstReason' | 'blindNs'>;
  readonly servers: Pick<ServerCounters, 'restarted' | 'slowConsumers'>;
  readonly nodeEvents: readonly NodeEvent[];
  readonly faults: readonly { readonly kind: string; readonly injectedNs: number }[];
  loadFacts(kind: string): LoadKindFacts;
}

/** What became of the events that no stream acknowledges, load by load, the warm-up included. */
export function coreDeliveries(sources: CoreDeliverySources): readonly CoreDelivery[] {
  return sources.results.flatMap((result): CoreDelivery[] => {
    const plan = sources.plans.find(({ name }) => name === result.name);
    const facts = sources.loadFacts(result.kind);
    if (plan === undefined || !facts.events || facts.needsStream) return [];
    const count = (counter: LoadCounter) => countInAll(result, counter);
    const listens = !isMonitored(facts);
    if (listens && !countsItsLosses(facts, plan)) return [];
    const received = count('received');
    const lost = count('lost');
    return [
      {
        load: result.name,
        // Of one that only listens, what was sent is what it received and what its numbers say it missed.
        sent: listens ? received + lost : count('sent'),
        received,
        lost,
        explanations: [
          ...(count('unknown') > 0
            ? [
                `${formatInteger(count('unknown'))} were sent on a connection that ended before they had left it`,
              ]
            : []),
          ...(listens ? [] : monitorExplanations(sources)),
          ...noticeExplanations(sources.notices, result.name),
          ...serverExplanations(sources),
        ],
      },
    ];
  });
}

/** `total` is without the warm-up. */
function countInAll({ total, phases }: LoadResult, counter: LoadCounter): number {
  const warmUp = phases.find(({ phase }) => phase === 'warm-up');
  return total.counters[counter] + (warmUp?.counters[counter] ?? 0);
}

const countsItsLosses = (facts: LoadKindFacts, plan: LoadPlan): boolean =>
  (facts.measures?.includes('lost') ?? false) &&
  !(facts.uncounted?.(plan)?.counters.includes('lost') ?? false);

function monitorExplanations({ sight, notices }: CoreDeliverySources): string[] {
  const blind =
    sight.times === 0
      ? []
      : [
          `the monitor was blind for ${formatDuration(sight.blindNs())} in all, ${timesOf(sight.times)}, first: ${sight.firstReason}`,
        ];
  return [...blind, ...noticeExplanations(notices, 'monitor', ['slow-consumer', 'permission-violation'])];
}

const TELLING: readonly LoadNotice['kind'][] = [
  'disconnected',
  'slow-consumer',
  'permission-violation',
  'server-error',
];

/** By kind, all workers together: `slow-consumer 3 times, first: …`. */
function noticeExplanations(
  notices: readonly LoadNotice[],
  load: string,
  kinds: readonly LoadNotice['kind'][] = TELLING,
): string[] {
  return kinds.flatMap((kind) => {
    const own = notices.filter((notice) => notice.load === load && notice.kind === kind);
    if (own.length === 0) return [];
    const count = own.reduce((sum, notice) => sum + notice.count, 0);
    const first = own.reduce((earliest, notice) => (notice.atNs < earliest.atNs ? notice : earliest));
    return [`${load}: ${kind} ${timesOf(count)}, first: ${first.text}`];
  });
}

function serverExplanations({ servers, nodeEvents, faults }: CoreDeliverySources): string[] {
  const explanations: string[] = [];
  const slow = servers.slowConsumers ?? 0;
  if (slow > 0) explanations.push(`the servers met ${formatInteger(slow)} slow consumers`);
  if (servers.restarted.length > 0)
    explanations.push(`servers were restarted, or are gone: ${servers.restarted.join(', ')}`);
  const crashed = nodeEvents.filter(({ what }) => what === 'crashed');
  if (crashed[0])
    explanations.push(
      `servers crashed ${timesOf(crashed.length)}, first: ${crashed[0].node}: ${crashed[0].detail ?? 'no reason known'}`,
    );
  const made = faults.filter(({ injectedNs }) => injectedNs > 0);
  if (made[0])
    explanations.push(`${formatInteger(made.length)} faults were made, the first of kind ${made[0].kind}`);
  return explanations;
}

const timesOf = (count: number): string => (count === 1 ? 'once' : `${formatInteger(count)} times`);
