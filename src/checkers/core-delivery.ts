import { z } from 'zod';
import { percentageSchema } from '../base/unit-schemas.js';
import { formatInteger, formatRatio } from '../base/units.js';
import type { Checker, CheckLack, CheckResult, CheckScene } from '../contracts/checker.js';
import type { CoreDelivery } from '../contracts/history.js';
import type { LoadKindFacts } from '../contracts/load.js';

const EXPECTED =
  'expected how many may be lost: a whole number such as 0, or a percentage of what was sent up to 100%, such as 0.1%';

const schema = z
  .strictObject({
    lost: z
      .union(
        [
          z
            .int()
            .min(0)
            .transform((count) => ({ count })),
          percentageSchema
            .refine((ratio) => ratio <= 1, { error: EXPECTED })
            .transform((ratio) => ({ ratio })),
        ],
        {
          error: EXPECTED,
        },
      )
      .optional()
      .describe(
        'The most that may be lost of a load: a number, or a percentage of what it sent. Default: loss is only reported',
      ),
  })
  .describe('How many events that no stream captures were lost');
type Bound = z.output<typeof schema>['lost'];

/** Core NATS delivers at most once: what was lost is counted and explained, and fails only beyond what may be. */
export const coreDelivery: Checker & {
  readonly schema: typeof schema;
  findLack(scene: CheckScene): CheckLack | undefined;
} = {
  name: 'core-delivery',
  summary: 'how many events that no stream captures were lost, and what explains it',
  judges: [],
  needs: ['deliveries'],
  schema,
  findLack({ loads }) {
    if (loads.some(countsDeliveries)) return undefined;
    return {
      message: 'core-delivery is of events that no stream captures, and no load sends any that are counted',
      hint: 'Add a load of kind publish, or leave the check out.',
    };
  },
  check({ deliveries }, params): CheckResult {
    const bound = params.lost as Bound;
    const sent = sumOf(deliveries, 'sent');
    const lost = sumOf(deliveries, 'lost');
    const beyond = deliveries.filter((delivery) => isBeyond(delivery, bound));
    const judged = deliveries.map((delivery) => ({ delivery, isBeyond: beyond.includes(delivery) }));
    return {
      name: 'core-delivery',
      verdict: sent === 0 ? 'unknown' : beyond.length > 0 ? 'fail' : 'pass',
      sentence: sentenceOf(sent, lost, deliveries, beyond, bound),
      counts: { sent, received: sumOf(deliveries, 'received'), lost, loadsBeyond: beyond.length },
      sets: [
        {
          name: 'lost beyond what may be',
          meaning: 'violation' as const,
          count: sumOf(beyond, 'lost'),
          overTime: [],
        },
        {
          name: 'core events lost',
          meaning: 'allowed' as const,
          count: lost - sumOf(beyond, 'lost'),
          overTime: [],
        },
      ].filter(({ count }) => count > 0),
      examples: judged
        .filter(({ delivery }) => delivery.lost > 0)
        .sort((a, b) => Number(b.isBeyond) - Number(a.isBeyond))
        .slice(0, 32)
        .map(({ delivery }) => tell(delivery)),
    };
  },
};

const countsDeliveries = ({ events, needsStream, monitored = events, measures }: LoadKindFacts): boolean =>
  events && !needsStream && (monitored || (measures?.includes('lost') ?? false));

const sumOf = (deliveries: readonly CoreDelivery[], field: 'sent' | 'received' | 'lost'): number =>
  deliveries.reduce((sum, delivery) => sum + delivery[field], 0);

function isBeyond({ lost, sent }: CoreDelivery, bound: Bound): boolean {
  if (bound === undefined) return false;
  return 'count' in bound ? lost > bound.count : lost > bound.ratio * sent;
}

function sentenceOf(
  sent: number,
  lost: number,
  deliveries: readonly CoreDelivery[],
  beyond: readonly CoreDelivery[],
  bound: Bound,
): string {
  if (sent === 0) return 'no event was sent that no stream captures';
  const what = `${formatInteger(lost)} of ${formatInteger(sent)} core events lost`;
  const explanations = [...new Set(deliveries.flatMap(({ explanations }) => explanations))];
  const why =
    lost === 0
      ? ''
      : explanations.length > 0
        ? `: ${explanations.join(', ')}`
        : ', for no reason that was seen';
  if (bound === undefined || beyond.length === 0) return `${what}${why}`;
  const most = 'count' in bound ? formatInteger(bound.count) : formatRatio(bound.ratio);
  return `${what}, of ${beyond.map(({ load }) => load).join(', ')} more than ${most}${why}`;
}

function tell({ load, sent, received, lost, explanations }: CoreDelivery): string {
  const why = explanations.length === 0 ? 'nothing was seen that explains it' : explanations.join(', ');
  return `${load}: ${formatInteger(lost)} of ${formatInteger(sent)} lost, ${formatInteger(received)} received: ${why}`;
}
