import { wallTimeOf } from '../base/clock.js';
import { waitFor } from '../base/wait.js';
import type {
  AlertEvent,
  AlertFault,
  AlertsResult,
  AlertTimes,
  AlertWatch,
  AlertWatchTask,
} from '../contracts/alert.js';
import { leasePorts, type PortLease } from '../processes/port-lease.js';
import type { AlertEpisode } from './alert-book.js';
import { AlertLooks } from './alert-looks.js';
import { type RunTimes, runTimes } from './alert-times.js';
import { awaitFirstLook } from './await-first-look.js';
import { concludeAlerts } from './conclude-alerts.js';
import { Deliveries } from './deliveries.js';
import type { MonitoringFiles } from './monitoring-files.js';
import { PrometheusApi } from './prometheus-api.js';
import { alertmanagerLog, startAlertmanager, startPrometheus } from './start-servers.js';
import { Webhook } from './webhook.js';
import { writeConfigurations } from './write-configurations.js';

const HOST = '127.0.0.1';
const CALM_WITHIN_MS = 10_000;

export interface AlertTools {
  readonly prometheus: { readonly path: string; readonly version: string };
  readonly alertmanager: { readonly path: string; readonly version: string };
  readonly files: MonitoringFiles;
  /** Where the stormglass processes of this user meet, over ports. */
  readonly stateDir: string;
}

/**
 * Starts Prometheus and Alertmanager with the rules divided by the plan's factor, and a webhook that takes the notifications; resolves when the page
 * was scraped and every rule was evaluated once.
 * @throws PreflightError with the servers' own words when one does not come up
 */
export async function startAlertWatch(task: AlertWatchTask, tools: AlertTools): Promise<AlertWatch> {
  const watch = new Watch(task, tools);
  try {
    await watch.start();
    return watch;
  } catch (error) {
    await watch[Symbol.asyncDispose]();
    throw error;
  }
}

class Watch implements AlertWatch {
  prometheusUrl = '';
  alertmanagerUrl = '';
  readonly #task: AlertWatchTask;
  readonly #tools: AlertTools;
  readonly #runTimes: RunTimes;
  readonly #open: AsyncDisposable[] = [];
  #ports: PortLease | undefined;
  #webhook: Webhook | undefined;
  #deliveries: Deliveries | undefined;
  #api: PrometheusApi | undefined;
  #looks: AlertLooks | undefined;
  /** The servers are up, and have seen everything once. */
  #isWatching = false;
  #isClosed = false;
  #prometheusEnd: string | undefined;
  #alertmanagerEnd: string | undefined;

  constructor(task: AlertWatchTask, tools: AlertTools) {
    this.#task = task;
    this.#tools = tools;
    this.#runTimes = runTimes(task.plan, tools.files);
  }

  get times(): AlertTimes {
    return this.#runTimes.times;
  }

  async start(): Promise<void> {
    const { signal } = this.#task;
    signal.throwIfAborted();
    const webhook = await Webhook.open(({ receiver, status, labels }) =>
      this.#tell({ what: 'notified', receiver, status, alert: labels.alertname, labels }),
    );
    this.#webhook = webhook;
    this.#open.push(webhook);
    await this.#startServers(webhook);
    this.#deliveries = new Deliveries(this.alertmanagerUrl, alertmanagerLog(this.#task), (detail) =>
      this.#tell({ what: 'blind', detail }),
    );
    this.#api = new PrometheusApi(this.prometheusUrl);
    const alerts = new Set(this.#task.plan.expectations.map(({ alert }) => alert));
    await awaitFirstLook({ api: this.#api, alerts, end: () => this.#prometheusEnd, signal });
    this.#looks = new AlertLooks({
      api: this.#api,
      deliveries: this.#deliveries,
      runTimes: this.#runTimes,
      alerts,
      onChange: (what, episode) => this.#tellOf(what, episode),
    });
    await this.#calm(this.#looks);
    this.#isWatching = true;
    // What fires without any load or fault is news, too.
    for (const episode of this.#looks.book.episodes) {
      if (episode.state === 'firing' && episode.endNs === undefined) this.#tellOf('fired', episode);
    }
    this.#looks.start();
  }

  async #startServers(webhook: Webhook): Promise<void> {
    const { stateDir, prometheus, alertmanager, files } = this.#tools;
    const task = this.#task;
    this.#ports = await leasePorts(2, { stateDir });
    const [prometheusPort, alertmanagerPort] = this.#ports.ports as [number, number];
    this.prometheusUrl = `http://${HOST}:${prometheusPort}`;
    this.alertmanagerUrl = `http://${HOST}:${alertmanagerPort}`;
    writeConfigurations({
      dir: task.keepDir,
      files,
      factor: task.plan.factor,
      webhookOf: (receiver) => webhook.urlOf(receiver),
      metricsUrls: task.metricsUrls,
      alertmanager: `${HOST}:${alertmanagerPort}`,
    });
    const alertmanagerServer = await startAlertmanager({
      task,
      program: alertmanager.path,
      url: this.alertmanagerUrl,
      onEnd: (how) => {
        this.#alertmanagerEnd = how;
        this.#tell({ what: 'blind', detail: how });
      },
    });
    this.#open.push(alertmanagerServer);
    const prometheusServer = await startPrometheus({
      task,
      program: prometheus.path,
      url: this.prometheusUrl,
      onEnd: (how) => {
        this.#prometheusEnd = how;
        this.#tell({ what: 'blind', detail: how });
      },
    });
    this.#open.push(prometheusServer);
  }

  /** Before the first scrape, `absent(up)` is true, and not because of any fault. What still fires when patience is over is told. */
  async #calm(looks: AlertLooks): Promise<void> {
    const isCalm = async (): Promise<boolean> => {
      await looks.look();
      return looks.book.episodes.every(({ endNs }) => endNs !== undefined);
    };
    const { signal } = this.#task;
    await waitFor(isCalm, { timeoutMs: CALM_WITHIN_MS, everyMs: looks.everyMs, signal });
  }

  conclude(faults: readonly AlertFault[], loadStartNs: number, signal: AbortSignal): Promise<AlertsResult> {
    const looks = this.#looks as AlertLooks;
    return concludeAlerts({
      plan: this.#task.plan,
      times: this.times,
      versions: {
        prometheus: this.#tools.prometheus.version,
        alertmanager: this.#tools.alertmanager.version,
      },
      looks,
      api: this.#api as PrometheusApi,
      notified: (this.#webhook as Webhook).notified,
      deliveries: this.#deliveries as Deliveries,
      ends: () => ({ prometheus: this.#prometheusEnd, alertmanager: this.#alertmanagerEnd }),
      faults,
      loadStartNs,
      signal,
    });
  }

  #tellOf(what: 'fired' | 'resolved', { alert, labels, fromNs, endNs = fromNs }: AlertEpisode): void {
    const atNs = what === 'fired' ? fromNs : endNs;
    this.#tell({ what, alert, severity: labels.severity, labels, at: wallTimeOf(atNs).toISOString() });
  }

  #tell(event: AlertEvent): void {
    if (this.#isWatching && !this.#isClosed) this.#task.onEvent(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const stopped = this.#looks?.stop();
    const ended = await Promise.allSettled(this.#open.reverse().map((each) => each[Symbol.asyncDispose]()));
    await stopped;
    this.#ports?.[Symbol.dispose]();
    const failed = ended.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
