import { PreflightError } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { PrometheusApi } from './prometheus-api.js';

/** Until the page was scraped and every rule evaluated for the first time. */
const WITHIN_MS = 30_000;

export interface FirstLookOptions {
  readonly api: PrometheusApi;
  readonly alerts: ReadonlySet<string>;
  /** How Prometheus has ended, if it has. */
  readonly end: () => string | undefined;
  readonly signal: AbortSignal;
}

/** Resolves when every page was scraped, and the rules of these alerts evaluated. @throws PreflightError with what is lacking */
export async function awaitFirstLook({ api, alerts, end, signal }: FirstLookOptions): Promise<void> {
  let lack = 'it scraped nothing';
  const outcome = await waitFor(
    async () => {
      if (end() !== undefined) return 'ended';
      const targets = await api.targets();
      const lacking = targets.find(({ health }) => health !== 'up');
      if (lacking) lack = `${lacking.scrapeUrl} does not answer it: ${lacking.lastError || 'not asked yet'}`;
      if (lacking || targets.length === 0) return false;
      lack = 'it evaluated no rules';
      const groups = (await api.groups()).filter(({ rules }) => rules.some(({ name }) => alerts.has(name)));
      return groups.length > 0 && groups.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001-'));
    },
    { timeoutMs: WITHIN_MS, everyMs: 100, signal },
  );
  const how = end();
  if (how !== undefined) throw new PreflightError(how);
  if (!outcome) throw new PreflightError(`Prometheus does not see the monitor: ${lack}`);
}
