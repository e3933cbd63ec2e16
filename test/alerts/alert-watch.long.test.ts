import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMonitoringFiles } from '../../src/alerts/monitoring-files.js';
import { startAlertWatch } from '../../src/alerts/start-alert-watch.js';
import { nowNs } from '../../src/base/clock.js';
import { freshId } from '../../src/base/ids.js';
import { waitFor } from '../../src/base/wait.js';
import type { AlertEvent, AlertExpectation, AlertFault } from '../../src/contracts/alert.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { pauseProcess } from '../support/pause-process.js';
import { alertmanager, needs, prometheus } from '../support/prometheus-tools.js';
import { PORTS_STATE_DIR } from '../support/test-ports.js';

const FILES = {
  'prometheus.yml': `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yaml]
scrape_configs: [{ job_name: stormglass-monitor, static_configs: [{ targets: [] }] }]`,
  'rules.yaml': `
groups: [{ name: own, rules: [{ alert: Broken, expr: 'last_over_time(broken[5m]) == 1', labels: { severity: page } }] }]`,
  'alertmanager.yml': `
route: { receiver: page, group_wait: 1s, group_interval: 1s }
receivers: [{ name: page }]`,
};

/** A watch over a page whose one metric says whether something is broken. */
async function watchOver(expectation: Partial<AlertExpectation>) {
  const root = mkdtempSync(join(tmpdir(), 'stormglass-watch-'));
  const dirs = Object.fromEntries(['files', 'keep', 'log', 'work'].map((it) => [it, join(root, it)]));
  for (const dir of Object.values(dirs)) mkdirSync(dir);
  const { files = '', keep = '', log = '', work = '' } = dirs;
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(files, name), text);
  let broken = 0;
  const page = createServer((_, response) => {
    // Prometheus 3 reads no page that does not say what it is.
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`broken ${broken}\n`);
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const runId = freshId();
  const events: AlertEvent[] = [];
  const watch = await startAlertWatch(
    {
      plan: {
        factor: 5,
        only: false,
        expectations: [{ alert: 'Broken', labels: {}, after: 'f', withinNs: 30e9, ...expectation }],
      },
      runId,
      metricsUrls: [`http://127.0.0.1:${(page.address() as AddressInfo).port}/metrics`],
      keepDir: keep,
      logDir: log,
      workDir: work,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
    },
    {
      prometheus: { path: prometheus as string, version: '' },
      alertmanager: { path: alertmanager as string, version: '' },
      files: readMonitoringFiles(files, files),
      stateDir: PORTS_STATE_DIR,
    },
  );
  return {
    watch,
    events,
    async pidOf(program: string): Promise<number> {
      const marked = await findMarked(runId);
      const named = marked.find(({ pid }) =>
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith(program),
      );
      return (named as { pid: number }).pid;
    },
    alertmanagerYml: () => readFileSync(join(keep, 'alertmanager.yml'), 'utf8'),
    /** Has Alertmanager tell somebody else than the run's webhook. */
    async tellInstead(url: string): Promise<void> {
      const file = join(keep, 'alertmanager.yml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/http:\/\/127\.0\.0\.1:\d+\/page/, url));
      const { status } = await fetch(new URL('/-/reload', watch.alertmanagerUrl), { method: 'POST' });
      expect(status).toBe(200);
    },
    /** Breaks it, and says of which fault that is the doing. */
    break(): AlertFault {
      const injectedNs = nowNs();
      broken = 1;
      return { id: 'f', kind: 'node-kill', targets: ['n1'], injectedNs, revertedNs: 0, forNs: 0 };
    },
    async fires(): Promise<void> {
      const fired = () => events.some(({ what }) => what === 'fired');
      if (!(await waitFor(fired, { timeoutMs: 60_000 }))) throw new Error('it did not fire');
    },
    /** Breaks it, waits until that fires, and judges. */
    async prove() {
      const fault = this.break();
      await this.fires();
      return watch.conclude([fault], 0, new AbortController().signal);
    },
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      page.closeAllConnections();
      await new Promise((resolve) => page.close(resolve));
      rmSync(root, { recursive: true });
    },
  };
}

const isRunnable = prometheus !== undefined && alertmanager !== undefined && process.platform === 'linux';
const lack = `${needs(prometheus, 'prometheus')}${needs(alertmanager, 'alertmanager')}`;

describe.skipIf(!isRunnable)(`that nobody was told of an alert${lack}`, () => {
  it('is not known where Alertmanager hangs', async () => {
    await using place = await watchOver({ receiver: 'none' });
    await pauseProcess(await place.pidOf('alertmanager'));
    const { results, blind } = await place.prove();
    expect(results).toMatchObject([{ verdict: 'unknown', detail: expect.stringContaining('was not seen') }]);
    expect(blind).toBe('Alertmanager no longer answered');
  });
});

describe.skipIf(!isRunnable)(`a notification that Alertmanager cannot hand over${lack}`, () => {
  it.each(['page', 'none'])(
    'leaves unknown what is expected of receiver %s, and says why it failed',
    async (receiver) => {
      await using place = await watchOver({ receiver });
      // Nobody listens there.
      await place.tellInstead('http://127.0.0.1:1/page');
      const { results, blind } = await place.prove();
      expect(results).toMatchObject([
        {
          verdict: 'unknown',
          detail: expect.stringMatching(/the notification failed: to `page`: .*connection refused/),
        },
      ]);
      expect(blind).toBeUndefined();
      // It may be tried again, and told of again, on a slow machine.
      const told = place.events.find(({ what }) => what === 'blind');
      expect(told).toMatchObject({ detail: expect.stringContaining('connection refused') });
    },
    120_000,
  );

  it('is waited for no longer than for any other where its receiver never answers', async () => {
    const deaf = createServer(() => {});
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    try {
      await using place = await watchOver({ receiver: 'page' });
      await place.tellInstead(`http://127.0.0.1:${(deaf.address() as AddressInfo).port}/page`);
      const { results } = await place.prove();
      expect(results).toMatchObject([
        { verdict: 'unknown', detail: expect.stringMatching(/had no answer for|the notification failed/) },
      ]);
    } finally {
      deaf.closeAllConnections();
      await new Promise((resolve) => deaf.close(resolve));
    }
  });

  it('is none where it is only late: the webhook was down for a while', async () => {
    await using place = await watchOver({ receiver: 'page' });
    const own = (/http:\/\/127\.0\.0\.1:\d+\/page/.exec(place.alertmanagerYml()) as RegExpExecArray)[0];
    await place.tellInstead('http://127.0.0.1:1/page');
    const fault = place.break();
    await place.fires();
    const isTold = () => place.events.some(({ what }) => what === 'blind');
    expect(await waitFor(isTold, { timeoutMs: 60_000 })).toBe(true);
    await place.tellInstead(own);
    const wasNotified = () => place.events.some(({ what }) => what === 'notified');
    expect(await waitFor(wasNotified, { timeoutMs: 60_000 })).toBe(true);
    const { results } = await place.watch.conclude([fault], 0, new AbortController().signal);
    expect(results).toMatchObject([{ verdict: 'met', receiver: 'page' }]);
  });
});

describe.skipIf(!isRunnable)(`a run's webhook that answers Alertmanager with an error${lack}`, () => {
  it('is told by its status', async () => {
    const broken = createServer((_, response) => response.writeHead(500).end('out of order'));
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    try {
      await using place = await watchOver({ receiver: 'page' });
      await place.tellInstead(`http://127.0.0.1:${(broken.address() as AddressInfo).port}/page`);
      const { results } = await place.prove();
      expect(results).toMatchObject([
        { verdict: 'unknown', detail: expect.stringMatching(/the notification failed: .*status code 500/) },
      ]);
    } finally {
      broken.closeAllConnections();
      await new Promise((resolve) => broken.close(resolve));
    }
  });
});
