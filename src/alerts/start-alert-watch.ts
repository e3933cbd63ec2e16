import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { NS, nowNs, wallNow, wallTimeOf } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type {
  AlertEvent,
  AlertFault,
  AlertResult,
  AlertsResult,
  AlertTimes,
  AlertWatch,
  AlertWatchTask,
} from '../contracts/alert.js';
import { leasePorts, type PortLease } from '../processes/port-lease.js';
import { AlertBook, type AlertEpisode } from './alert-book.js';
import { AlertServer } from './alert-server.js';
import { type Judgement, judge, TELLING_TAKES_NS, unexpectedPages } from './judge.js';
import { whyUnprovable } from './known-rules.js';
import type { MonitoringFiles, Rule } from './monitoring-files.js';
import { type EvaluatedGroup, PrometheusApi } from './prometheus-api.js';
import { divideTime, formatPrometheusDuration } from './prometheus-duration.js';
import { divideRouting, groupTimesOf } from './routing.js';
import { divideRules, evaluationNsOf, runPrometheus, scrapeNsOf } from './run-configuration.js';
import { Webhook } from './webhook.js';
import { whatInstead } from './what-instead.js';

const HOST = '127.0.0.1';
/** Until the page was scraped and every rule evaluated for the first time. */
const FIRST_LOOK_WITHIN_MS = 30_000;
const CALM_WITHIN_MS = 10_000;
/** Of Prometheus, where it is not told otherwise. */
const LOOKBACK_NS = 5 * NS.min;
const RESEND_DELAY_NS = NS.min;
/** Longest pause between two looks at what fires. */
const LONGEST_PAUSE_MS = 1_000;
/** What was evaluated is in the store, and can be asked for, this much later. */
const STORED_WITHIN_NS = 500 * NS.ms;
/** A Prometheus that has not answered for so long is no longer waited for. */
const UNANSWERED_NS = 15 * NS.s;
const WHAT_INSTEAD_TAKES_MS = 10_000;
const MOST_FIRED = 300;

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
  readonly times: AlertTimes;
  readonly #task: AlertWatchTask;
  readonly #tools: AlertTools;
  readonly #book: AlertBook;
  readonly #open: AsyncDisposable[] = [];
  #ports: PortLease | undefined;
  #webhook: Webhook | undefined;
  #api: PrometheusApi | undefined;
  #alertmanager: AlertServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** The servers are up, and have seen everything once. */
  #isWatching = false;
  #isClosed = false;
  #seenUntilNs = 0;
  /** When Alertmanager was last asked and answered: until then, who was told nothing was to be told nothing. */
  #heardUntilNs = 0;
  #prometheusEnd: string | undefined;
  #alertmanagerEnd: string | undefined;
  prometheusUrl = '';
  alertmanagerUrl = '';

  constructor(task: AlertWatchTask, tools: AlertTools) {
    this.#task = task;
    this.#tools = tools;
    const { factor } = task.plan;
    const { prometheus, alertmanager, rules } = tools.files;
    const groups = rules.flatMap((file) => file.rules.groups);
    const evaluationNs = new Map<string, number>();
    for (const { rules: own, interval } of groups) {
      const ns = divideTime(evaluationNsOf(prometheus, interval), factor);
      for (const { alert = '' } of own) evaluationNs.set(alert, Math.max(ns, evaluationNs.get(alert) ?? 0));
    }
    const names = new Set(task.plan.expectations.map(({ alert }) => alert));
    const expected = groups.flatMap((group) => group.rules.filter(({ alert = '' }) => names.has(alert)));
    const routing = divideRouting(alertmanager, factor, () => '');
    const waits = expected.map(({ alert = '', labels }) =>
      groupTimesOf(routing, { ...labels, alertname: alert }),
    );
    this.times = {
      scrapeNs: divideTime(scrapeNsOf(prometheus), factor),
      evaluationNs: Math.max(NS.ms, ...[...names].map((name) => evaluationNs.get(name) ?? 0)),
      groupWaitNs: Math.max(0, ...waits.map(({ groupWaitNs }) => groupWaitNs)),
      groupIntervalNs: Math.max(0, ...waits.map(({ groupIntervalNs }) => groupIntervalNs)),
    };
    const evaluated = (alert: string): number => evaluationNs.get(alert) ?? this.times.evaluationNs;
    this.#book = new AlertBook(evaluated, (what, episode) => this.#tellOf(what, episode));
  }

  async start(): Promise<void> {
    const { signal } = this.#task;
    signal.throwIfAborted();
    const { stateDir, prometheus, alertmanager } = this.#tools;
    this.#ports = await leasePorts(2, { stateDir });
    const [prometheusPort, alertmanagerPort] = this.#ports.ports as [number, number];
    this.prometheusUrl = `http://${HOST}:${prometheusPort}`;
    this.alertmanagerUrl = `http://${HOST}:${alertmanagerPort}`;
    this.#webhook = await Webhook.open(({ receiver, status, labels }) =>
      this.#tell({ what: 'notified', receiver, status, alert: labels.alertname, labels }),
    );
    this.#open.push(this.#webhook);
    this.#writeConfigurations(`${HOST}:${alertmanagerPort}`);
    const { keepDir, logDir, workDir, runId, plan } = this.#task;
    const common = { mark: runId, signal };
    const divided = (ns: number): string => formatPrometheusDuration(divideTime(ns, plan.factor));
    this.#alertmanager = await AlertServer.start({
      ...common,
      name: 'Alertmanager',
      program: alertmanager.path,
      url: this.alertmanagerUrl,
      logFile: join(logDir, 'alertmanager.log'),
      args: [
        `--config.file=${join(keepDir, 'alertmanager.yml')}`,
        `--storage.path=${join(workDir, 'alertmanager')}`,
        `--web.listen-address=${HOST}:${alertmanagerPort}`,
        // One of a kind: it has nobody to gossip with.
        '--cluster.listen-address=',
        '--log.level=warn',
      ],
      onEnd: (how) => {
        this.#alertmanagerEnd = how;
        this.#tell({ what: 'blind', detail: how });
      },
    });
    this.#open.push(this.#alertmanager);
    this.#open.push(
      await AlertServer.start({
        ...common,
        name: 'Prometheus',
        program: prometheus.path,
        url: this.prometheusUrl,
        logFile: join(logDir, 'prometheus.log'),
        args: [
          `--config.file=${join(keepDir, 'prometheus.yml')}`,
          `--storage.tsdb.path=${join(workDir, 'prometheus')}`,
          `--web.listen-address=${HOST}:${prometheusPort}`,
          `--query.lookback-delta=${divided(LOOKBACK_NS)}`,
          `--rules.alert.resend-delay=${divided(RESEND_DELAY_NS)}`,
          '--log.level=warn',
        ],
        onEnd: (how) => {
          this.#prometheusEnd = how;
          this.#tell({ what: 'blind', detail: how });
        },
      }),
    );
    this.#api = new PrometheusApi(this.prometheusUrl);
    await this.#firstLook(this.#api);
    this.#seenUntilNs = nowNs();
    await this.#calm();
    this.#isWatching = true;
    // What fires without any load or fault is news, too.
    for (const episode of this.#book.episodes) {
      if (episode.state === 'firing' && episode.endNs === undefined) this.#tellOf('fired', episode);
    }
    this.#lookAgain();
  }

  /** What the servers run with stays with the run. */
  #writeConfigurations(alertmanagerAddress: string): void {
    const { keepDir, metricsUrls, plan } = this.#task;
    const { files } = this.#tools;
    const write = (name: string, value: unknown): void =>
      writeFileSync(join(keepDir, name), `# Times divided by ${plan.factor}.\n${stringify(value)}`);
    mkdirSync(join(keepDir, 'rules'), { recursive: true });
    const all = files.rules.flatMap(({ rules }) => rules.groups.flatMap((group) => group.rules));
    const isProvable = (rule: Rule): boolean => whyUnprovable(rule, all) === undefined;
    const addresses = { metricsUrls, alertmanager: alertmanagerAddress };
    write('prometheus.yml', runPrometheus(files.prometheus, plan.factor, addresses));
    for (const [i, { path, rules }] of files.rules.entries()) {
      const name = `${String(i + 1).padStart(2, '0')}-${basename(path).replace(/\.ya?ml$/, '')}.yaml`;
      write(join('rules', name), divideRules(rules, plan.factor, isProvable));
    }
    const urlOf = (receiver: string): string => (this.#webhook as Webhook).urlOf(receiver);
    write('alertmanager.yml', divideRouting(files.alertmanager, plan.factor, urlOf));
  }

  async #firstLook(api: PrometheusApi): Promise<void> {
    let lack = 'it scraped nothing';
    const isReady = await waitFor(
      async () => {
        if (this.#prometheusEnd !== undefined) return 'ended';
        const targets = await api.targets();
        const lacking = targets.find(({ health }) => health !== 'up');
        if (lacking)
          lack = `${lacking.scrapeUrl} does not answer it: ${lacking.lastError || 'not asked yet'}`;
        if (lacking || targets.length === 0) return false;
        lack = 'it evaluated no rules';
        const groups = await this.#expectedGroups(api);
        return groups.length > 0 && groups.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001-'));
      },
      { timeoutMs: FIRST_LOOK_WITHIN_MS, everyMs: 100, signal: this.#task.signal },
    );
    if (this.#prometheusEnd !== undefined) throw new PreflightError(this.#prometheusEnd);
    if (!isReady) throw new PreflightError(`Prometheus does not see the monitor: ${lack}`);
  }

  /** Before the first scrape, `absent(up)` is true, and not because of any fault. What still fires when patience is over is told. */
  async #calm(): Promise<void> {
    const isCalm = async (): Promise<boolean> => {
      await this.#look();
      return this.#book.episodes.every(({ endNs }) => endNs !== undefined);
    };
    const everyMs = Math.min(LONGEST_PAUSE_MS, this.times.evaluationNs / NS.ms);
    await waitFor(isCalm, { timeoutMs: CALM_WITHIN_MS, everyMs, signal: this.#task.signal });
  }

  #lookAgain(): void {
    if (this.#isClosed || this.#prometheusEnd !== undefined) return;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, this.times.evaluationNs / NS.ms);
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => this.#lookAgain());
    }, pauseMs);
  }

  /** What was evaluated since the last look. Never rejects: what is not seen now is seen by the next look, which goes further back. */
  async #look(): Promise<void> {
    const askedNs = nowNs();
    const sinceNs = askedNs - this.#seenUntilNs + 3 * this.times.evaluationNs + NS.s;
    const api = this.#api as PrometheusApi;
    const heard = this.#alertmanager?.answers();
    try {
      // Before the samples: those of an evaluation that is over are all there.
      const evaluatedNs = await this.#evaluatedUntil(api);
      const series = await api.samples(`ALERTS[${Math.ceil(sinceNs / NS.ms)}ms]`);
      // The offset of the two clocks, as it is now.
      const offsetNs = nowNs() - wallNow().getTime() * NS.ms;
      for (const { metric, values } of series) {
        this.#book.add(
          metric,
          values.map(([seconds]) => Math.round(seconds * 1000) * NS.ms + offsetNs),
        );
      }
      this.#seenUntilNs = Math.min(askedNs - STORED_WITHIN_NS, evaluatedNs);
      this.#book.endBefore(this.#seenUntilNs);
    } catch {
      // It is asked again.
    }
    if (await heard) this.#heardUntilNs = askedNs;
  }

  /** When every rule of an expected alert had been evaluated: one that stands still says nothing, neither that an alert is over. */
  async #evaluatedUntil(api: PrometheusApi): Promise<number> {
    const groups = await this.#expectedGroups(api);
    const offsetNs = nowNs() - wallNow().getTime() * NS.ms;
    return Math.min(...groups.map(({ lastEvaluation }) => Date.parse(lastEvaluation) * NS.ms + offsetNs));
  }

  async #expectedGroups(api: PrometheusApi): Promise<EvaluatedGroup[]> {
    const expected = new Set(this.#task.plan.expectations.map(({ alert }) => alert));
    return (await api.groups()).filter(({ rules }) => rules.some(({ name }) => expected.has(name)));
  }

  async conclude(
    faults: readonly AlertFault[],
    loadStartNs: number,
    signal: AbortSignal,
  ): Promise<AlertsResult> {
    await this.#untilDecided(faults, signal);
    await this.#looking;
    const judgements = this.#judgeAll(faults);
    const results = await Promise.all(judgements.map((judgement) => this.#withWhatInstead(judgement)));
    const { factor, only, expectations } = this.#task.plan;
    const { prometheus, alertmanager } = this.#tools;
    const firing = this.#book.episodes.filter(({ state }) => state === 'firing');
    const pages = only ? unexpectedPages(expectations, faults, firing, loadStartNs) : [];
    const isUnseen = judgements.some(({ isDecided }) => !isDecided) && !signal.aborted;
    const blind =
      this.#prometheusEnd ??
      this.#alertmanagerEnd ??
      (isUnseen ? `${this.#whoIsSilent} no longer answered` : undefined);
    return {
      factor,
      only,
      times: this.times,
      versions: { prometheus: prometheus.version, alertmanager: alertmanager.version },
      results,
      fired: firing.slice(0, MOST_FIRED).map(({ alert, labels, fromNs, endNs }) => ({
        alert,
        labels,
        ...(labels.severity !== undefined && { severity: labels.severity }),
        firedNs: fromNs,
        ...(endNs !== undefined && { resolvedNs: endNs }),
      })),
      unexpected: pages.map((page) => describePage(page, loadStartNs)),
      ...(blind !== undefined && { blind }),
    };
  }

  get #whoIsSilent(): string {
    return this.#heardUntilNs < this.#seenUntilNs ? 'Alertmanager' : 'Prometheus';
  }

  /** As long as something may still change, which is bounded by the times of the expectations. */
  async #untilDecided(faults: readonly AlertFault[], signal: AbortSignal): Promise<void> {
    const isDecided = (): boolean =>
      this.#prometheusEnd !== undefined || this.#judgeAll(faults).every((judgement) => judgement.isDecided);
    const leftMs = Math.max(0, this.#lastDeadlineNs(faults) + UNANSWERED_NS - nowNs()) / NS.ms;
    await waitFor(isDecided, { timeoutMs: leftMs, everyMs: 100, signal }).catch(() => {});
  }

  /** By then everything is decided, if Prometheus answers. */
  #lastDeadlineNs(faults: readonly AlertFault[]): number {
    const { groupWaitNs, groupIntervalNs, evaluationNs } = this.times;
    const deadlines = this.#task.plan.expectations.flatMap(({ after, withinNs, resolvesWithinNs = 0 }) => {
      const fault = faults.find(({ id }) => id === after);
      return fault ? [fault.injectedNs + withinNs, fault.revertedNs + resolvesWithinNs] : [];
    });
    return Math.max(0, ...deadlines) + groupWaitNs + groupIntervalNs + TELLING_TAKES_NS + 4 * evaluationNs;
  }

  #judgeAll(faults: readonly AlertFault[]): Judgement[] {
    const sight = {
      episodes: this.#book.episodes,
      notified: this.#webhook?.notified ?? [],
      times: this.times,
      seenUntilNs: this.#seenUntilNs,
      // Without Prometheus, there is nobody that Alertmanager would hear of it from.
      toldUntilNs: Math.min(this.#seenUntilNs, this.#heardUntilNs),
    };
    return this.#task.plan.expectations.map((expectation) => {
      const fault = faults.find(({ id }) => id === expectation.after);
      const judgement = judge(expectation, fault, sight);
      // Who has died tells nobody any more: it is not waited for.
      return this.#alertmanagerEnd !== undefined && judgement.detectedAfterNs !== undefined
        ? { ...judgement, isDecided: true }
        : judgement;
    });
  }

  async #withWhatInstead({ isDecided: _, askAtNs, ...result }: Judgement): Promise<AlertResult> {
    if (askAtNs === undefined || this.#prometheusEnd !== undefined) return result;
    const asked = whatInstead(
      this.#api as PrometheusApi,
      result.expectation.alert,
      wallTimeOf(askAtNs).getTime() / 1000,
    );
    const instead = await withDeadline(asked, WHAT_INSTEAD_TAKES_MS, 'asking why').catch(messageOf);
    return instead === '' ? result : { ...result, detail: `${result.detail}: ${instead}` };
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
    clearTimeout(this.#timer);
    const ended = await Promise.allSettled(this.#open.reverse().map((each) => each[Symbol.asyncDispose]()));
    await this.#looking;
    this.#ports?.[Symbol.dispose]();
    const failed = ended.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

const describePage = ({ alert, labels, fromNs, endNs }: AlertEpisode, loadStartNs: number): string => {
  const { severity: _, ...others } = labels;
  const named = Object.entries(others).map(([name, value]) => `${name} ${value}`);
  const at = ((fromNs - loadStartNs) / NS.s).toFixed(1);
  const how =
    endNs === undefined ? 'and still did at the end' : `for ${((endNs - fromNs) / NS.s).toFixed(1)} s`;
  return `${alert}${named.length > 0 ? ` (${named.join(', ')})` : ''} fired at ${at} s, ${how}`;
};
