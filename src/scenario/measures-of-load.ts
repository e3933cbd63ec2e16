import { LOAD_MEASURES, type LoadKindFacts } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';

/** What decides whether a load has a measure. */
interface Subject {
  readonly plan: LoadPlan;
  readonly facts: LoadKindFacts;
}

/** Something that a load must be like to have a measure, and what is so where it is not. */
interface Need {
  holds(of: Subject): boolean;
  why(of: Subject): string;
}

const ANSWERS: Need = {
  holds: ({ facts }) => facts.acknowledged,
  why: ({ plan }) => `nothing acknowledges the operations of \`${plan.kind}\``,
};
const THE_MONITOR: Need = {
  holds: ({ facts: { events, monitored = events } }) => monitored,
  why: ({ plan }) => `the monitor does not see the messages of \`${plan.kind}\``,
};
const DUE_TIMES: Need = {
  holds: ({ plan }) => plan.schedule.mode === 'open',
  why: ({ plan: { kind, schedule } }) =>
    ({
      open: '',
      max: 'with `rate: max` nothing is due at a time',
      closed: 'with `concurrency` nothing is due at a time',
      follow: `nothing is due at a time in \`${kind}\``,
    })[schedule.mode],
};
const A_WORD_OF_ITS_OWN: Need = {
  holds: () => false,
  why: ({ plan }) => `\`${plan.kind}\` does not measure that`,
};

/** What a measure needs of a load. One that is not listed every load has; one that a kind says it has needs nothing. */
const NEEDS: Readonly<Record<string, Need>> = {
  ack_latency: ANSWERS,
  service_time: ANSWERS,
  duplicates: ANSWERS,
  lag: THE_MONITOR,
  lost: THE_MONITOR,
  schedule_delay: DUE_TIMES,
  drain_time: A_WORD_OF_ITS_OWN,
  misses: A_WORD_OF_ITS_OWN,
  conflicts: A_WORD_OF_ITS_OWN,
  redelivered: A_WORD_OF_ITS_OWN,
};

/** Why a load does not have a measure, and which measures of time it has; `undefined` when it has it. */
export function lackOf(measure: string, of: Subject): { message: string; hint: string } | undefined {
  if (has(measure, of)) return undefined;
  const others = LOAD_MEASURES.filter((other) => has(other, of));
  const list = others.length > 1 ? `${others.slice(0, -1).join(', ')} and ${others.at(-1)}` : others[0];
  return {
    message: `${of.plan.name} has no ${measure}: ${uncounted(measure, of) ?? NEEDS[measure]?.why(of)}`,
    hint: list === undefined ? 'It has no measure of time.' : `Its measures of time: ${list}.`,
  };
}

const has = (measure: string, of: Subject): boolean =>
  uncounted(measure, of) === undefined &&
  ((of.facts.measures as readonly string[] | undefined)?.includes(measure) === true ||
    NEEDS[measure]?.holds(of) !== false);

/** Why a load as it is described cannot count what its kind can. */
function uncounted(measure: string, { plan, facts }: Subject): string | undefined {
  const lack = facts.uncounted?.(plan);
  return (lack?.counters as readonly string[] | undefined)?.includes(measure) ? lack?.why : undefined;
}
