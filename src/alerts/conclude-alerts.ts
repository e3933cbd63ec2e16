import { NS, nowNs, wallTimeOf } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { AlertFault, AlertResult, AlertsPlan, AlertsResult, AlertTimes } from '../contracts/alert.js';
import type { AlertLooks } from './alert-looks.js';
import type { Deliveries } from './deliveries.js';
import { type Judgement, judgeAll } from './judge.js';
import type { PrometheusApi } from './prometheus-api.js';
import { TELLING_TAKES_NS } from './sight.js';
import { describePage, unexpectedPages } from './unexpected-pages.js';
import type { Notified } from './webhook.js';
import { whatInstead } from './what-instead.js';

/** A Prometheus that has not answered for so long is no longer waited for. */
const UNANSWERED_NS = 15 * NS.s;
const WHAT_INSTEAD_TAKES_MS = 10_000;
const MOST_FIRED = 300;

export interface Conclusion {
  readonly plan: AlertsPlan;
  readonly times: AlertTimes;
  readonly versions: AlertsResult['versions'];
  readonly looks: Pick<AlertLooks, 'book' | 'seenUntilNs' | 'heardUntilNs' | 'settled'>;
  readonly api: PrometheusApi;
  readonly notified: readonly Notified[];
  readonly deliveries: Pick<Deliveries, 'troubles' | 'pendingSinceNs'>;
  /** How the servers have ended, if they have. */
  readonly ends: () => { readonly prometheus: string | undefined; readonly alertmanager: string | undefined };
  readonly faults: readonly AlertFault[];
  readonly loadStartNs: number;
  readonly signal: AbortSignal;
}

/** Waits until each expectation is decided, or its time is over, and says what came of all of them. Never rejects. */
export async function concludeAlerts(conclusion: Conclusion): Promise<AlertsResult> {
  const { plan, times, versions, looks, faults, loadStartNs, signal, ends } = conclusion;
  await untilDecided(conclusion);
  await looks.settled();
  const judgements = judgeNow(conclusion);
  const results = await Promise.all(judgements.map((judgement) => withWhatInstead(judgement, conclusion)));
  const firing = looks.book.episodes.filter(({ state }) => state === 'firing');
  const pages = plan.only ? unexpectedPages(plan.expectations, faults, firing, loadStartNs) : [];
  const isUnseen = judgements.some(({ isDecided }) => !isDecided) && !signal.aborted;
  const silent = looks.heardUntilNs < looks.seenUntilNs ? 'Alertmanager' : 'Prometheus';
  const { prometheus, alertmanager } = ends();
  const blind = prometheus ?? alertmanager ?? (isUnseen ? `${silent} no longer answered` : undefined);
  return {
    factor: plan.factor,
    only: plan.only,
    times,
    versions,
    results,
    fired: firing.slice(0, MOST_FIRED).map(({ alert, labels, fromNs, endNs }) => ({
      alert,
      labels,
      ...(labels.severity !== undefined && { severity: labels.severity }),
      firedNs: fromNs,
      ...(endNs !== undefined && { resolvedNs: endNs }),
    })),
    ...(firing.length > MOST_FIRED && { unlisted: firing.length - MOST_FIRED }),
    unexpected: pages.map((page) => describePage(page, loadStartNs)),
    ...(blind !== undefined && { blind }),
  };
}

/** As long as something may still change, which is bounded by the times of the expectations. */
async function untilDecided(conclusion: Conclusion): Promise<void> {
  const isDecided = (): boolean =>
    conclusion.ends().prometheus !== undefined ||
    judgeNow(conclusion).every((judgement) => judgement.isDecided);
  const leftMs = Math.max(0, lastDeadlineNs(conclusion) + UNANSWERED_NS - nowNs()) / NS.ms;
  const { signal } = conclusion;
  await waitFor(isDecided, { timeoutMs: leftMs, everyMs: 100, signal }).catch(() => {});
}

/** By then everything is decided, if Prometheus answers. */
function lastDeadlineNs({ plan, times, faults }: Conclusion): number {
  const { groupWaitNs, groupIntervalNs, evaluationNs } = times;
  const deadlines = plan.expectations.flatMap(({ after, withinNs, resolvesWithinNs = 0 }) => {
    const fault = faults.find(({ id }) => id === after);
    return fault ? [fault.injectedNs + withinNs, fault.revertedNs + resolvesWithinNs] : [];
  });
  return Math.max(0, ...deadlines) + groupWaitNs + groupIntervalNs + TELLING_TAKES_NS + 4 * evaluationNs;
}

function judgeNow({ plan, times, looks, notified, deliveries, faults, ends }: Conclusion): Judgement[] {
  const { seenUntilNs, heardUntilNs, book } = looks;
  const judgements = judgeAll(plan.expectations, faults, {
    episodes: book.episodes,
    notified,
    troubles: deliveries.troubles,
    pendingSinceNs: deliveries.pendingSinceNs,
    times,
    seenUntilNs,
    // Without Prometheus, there is nobody that Alertmanager would hear of it from.
    toldUntilNs: Math.min(seenUntilNs, heardUntilNs),
  });
  if (ends().alertmanager === undefined) return judgements;
  // Who has died tells nobody any more: it is not waited for.
  return judgements.map((judgement) =>
    judgement.detectedAfterNs === undefined ? judgement : { ...judgement, isDecided: true },
  );
}

async function withWhatInstead(
  { isDecided: _, askAtNs, ...result }: Judgement,
  { api, ends }: Conclusion,
): Promise<AlertResult> {
  if (askAtNs === undefined || ends().prometheus !== undefined) return result;
  const asked = whatInstead(api, result.expectation.alert, wallTimeOf(askAtNs).getTime() / 1000);
  const instead = await withDeadline(asked, WHAT_INSTEAD_TAKES_MS, 'asking why').catch(messageOf);
  return instead === '' ? result : { ...result, detail: `${result.detail}: ${instead}` };
}
