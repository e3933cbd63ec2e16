import type { AlertsResult, AlertWatch } from '../contracts/alert.js';
import type { LoadStage } from './load-stage.js';
import type { RunContext } from './run-context.js';

/** The alerts of a plan that expects some: watched from before the load on, and judged when the faults are healed. */
export class AlertStage {
  readonly #context: RunContext;
  #watch: AlertWatch | undefined;
  #result: AlertsResult | undefined;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Whether there are any. */
  get isWatching(): boolean {
    return this.#watch !== undefined;
  }

  /** What they were judged to be; absent until then. */
  get result(): AlertsResult | undefined {
    return this.#result;
  }

  /** Starts what watches, if the plan expects alerts. @throws PreflightError when it does not come up */
  async start(metricsUrls: readonly string[], workDir: string): Promise<void> {
    const { plan, runId, dir, services, scope, journal, signal } = this.#context;
    if (plan.alerts === undefined) return;
    const watch = await services.startAlerts({
      plan: plan.alerts,
      runId,
      metricsUrls,
      keepDir: dir.alerts,
      logDir: dir.logs,
      workDir,
      signal,
      onEvent: (event) => journal.write('alert', { ...event }),
    });
    this.#watch = scope.use('Prometheus and Alertmanager', watch);
    const { prometheusUrl, alertmanagerUrl, times } = watch;
    const { factor } = plan.alerts;
    journal.write('alert', { what: 'watching', prometheusUrl, alertmanagerUrl, factor, times });
  }

  /** Waits until they are decided, at most as long as they may take, and judges them, once. */
  async settle({ faults, startNs }: Pick<LoadStage, 'faults' | 'startNs'>): Promise<void> {
    const { plan, signal } = this.#context;
    const due = faults.map((fault) => {
      const forNs = plan.faults.find(({ id }) => id === fault.id)?.forNs ?? 0;
      return { ...fault, forNs };
    });
    this.#result ??= await this.#watch?.conclude(due, startNs, signal);
  }
}
