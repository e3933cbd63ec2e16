import { type AlertExpectation, TARGET_LABEL } from '../contracts/alert.js';
import type { Expected } from './claim-firings.js';
import type { Judgement } from './judge.js';

/** One expectation for each target of its fault, where `{target}` stands in a label and there are several: every one must have its alert. */
export function eachTarget(expected: Expected): readonly Expected[] {
  const { expectation, fault } = expected;
  if (fault === undefined || fault.targets.length < 2 || !namesTarget(expectation)) return [expected];
  return fault.targets.map((target) => ({ expectation, fault: { ...fault, targets: [target] } }));
}

const namesTarget = ({ labels }: AlertExpectation): boolean =>
  Object.values(labels).some((value) => value.includes(TARGET_LABEL));

const WORST_FIRST = ['missed', 'unknown', 'met'] as const;

/** What the judgements of `eachTarget` come to: the worst of them, and the times of the slowest. @param targets whom each is about */
export function ofAllTargets(
  judgements: readonly [Judgement, ...Judgement[]],
  targets: readonly string[],
): Judgement {
  const [{ expectation }] = judgements;
  const verdict = WORST_FIRST.find((each) => judgements.some((one) => one.verdict === each)) ?? 'met';
  const slowest = judgements.reduce((slow, each) =>
    (each.detectedAfterNs ?? 0) > (slow.detectedAfterNs ?? 0) ? each : slow,
  );
  const details = judgements.flatMap((each, i) =>
    each.verdict === verdict ? [`${targets[i]}: ${each.detail}`] : [],
  );
  const askAtNs = judgements.find((each) => each.askAtNs !== undefined)?.askAtNs;
  const awayNs = Math.max(...judgements.map((each) => each.awayNs ?? 0));
  return {
    expectation,
    verdict,
    isDecided: judgements.every(({ isDecided }) => isDecided),
    detail: details.join('; '),
    ...(askAtNs !== undefined && { askAtNs }),
    ...(slowest.labels && { labels: slowest.labels }),
    ...(slowest.receiver !== undefined && { receiver: slowest.receiver }),
    ...(awayNs > 0 && { awayNs }),
    ...slowestOf('detectedAfterNs', judgements),
    ...slowestOf('notifiedAfterNs', judgements),
    ...slowestOf('resolvedAfterNs', judgements),
  };
}

/** Nothing where one of them has none. */
function slowestOf(
  name: 'detectedAfterNs' | 'notifiedAfterNs' | 'resolvedAfterNs',
  judgements: readonly Judgement[],
): Partial<Judgement> {
  const times = judgements.map((judgement) => judgement[name] ?? Number.NaN);
  const worst = Math.max(...times);
  return Number.isNaN(worst) ? {} : { [name]: worst };
}
