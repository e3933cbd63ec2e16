import { join } from 'node:path';
import { NS } from '../base/nanoseconds.js';
import type { AlertWatchTask } from '../contracts/alert.js';
import { AlertServer } from './alert-server.js';
import { divideTime, formatPrometheusDuration } from './prometheus-duration.js';

/** Of Prometheus, where it is not told otherwise. */
const LOOKBACK_NS = 5 * NS.min;
const RESEND_DELAY_NS = NS.min;

export interface ServerStart {
  readonly task: AlertWatchTask;
  readonly program: string;
  /** `http://127.0.0.1:19090` */
  readonly url: string;
  /** Told of an end that nobody asked for. */
  readonly onEnd: (how: string) => void;
}

export const alertmanagerLog = ({ logDir }: AlertWatchTask): string => join(logDir, 'alertmanager.log');

/** With the configuration that was written to the task's `keepDir`. @throws PreflightError with its own words when it does not come up */
export function startAlertmanager({ task, program, url, onEnd }: ServerStart): Promise<AlertServer> {
  const { keepDir, workDir, runId, signal } = task;
  return AlertServer.start({
    name: 'Alertmanager',
    program,
    url,
    mark: runId,
    signal,
    onEnd,
    logFile: alertmanagerLog(task),
    args: [
      `--config.file=${join(keepDir, 'alertmanager.yml')}`,
      `--storage.path=${join(workDir, 'alertmanager')}`,
      `--web.listen-address=${new URL(url).host}`,
      // One of a kind: it has nobody to gossip with.
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
  });
}

/** As `startAlertmanager`. */
export function startPrometheus({ task, program, url, onEnd }: ServerStart): Promise<AlertServer> {
  const { keepDir, logDir, workDir, runId, signal, plan } = task;
  const divided = (ns: number): string => formatPrometheusDuration(divideTime(ns, plan.factor));
  return AlertServer.start({
    name: 'Prometheus',
    program,
    url,
    mark: runId,
    signal,
    onEnd,
    logFile: join(logDir, 'prometheus.log'),
    args: [
      `--config.file=${join(keepDir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(workDir, 'prometheus')}`,
      `--web.listen-address=${new URL(url).host}`,
      `--query.lookback-delta=${divided(LOOKBACK_NS)}`,
      `--rules.alert.resend-delay=${divided(RESEND_DELAY_NS)}`,
      '--log.level=warn',
    ],
  });
}
