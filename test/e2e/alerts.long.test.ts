import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

const MONITOR_BLIND = 'alert: MonitorBlind, after: node-kill, within: 40s';

/** One server, which is away for a while: the monitor has nobody to listen to then. */
const scenario = (alerts: string, seconds = 16, awaySeconds = 10): string =>
  `${scenarioText({
    cluster: '{ driver: process, nodes: 1 }',
    streams: '[]',
    checks: '[]',
    load: `[{ name: orders, kind: publish, domains: [orders], rate: 100/s, for: ${seconds}s, max-lateness: 60s }]`,
    faults: `[{ at: 1s, kind: node-kill, target: n1, restart-after: ${awaySeconds}s, allow-quorum-loss: true }]`,
  })}alerts: ${alerts}\n`;

const serversOf = (place: Workplace): string[] =>
  place.running().filter((line) => /\b(prometheus|alertmanager) --config\.file/.test(line));

describe('a run that expects alerts', () => {
  it('says which came, with who was told; which did not, with what was there instead; and which nobody expected', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      // The rules look back, and wait, for four seconds: a machine that stands still for less neither delays nor ends an alert.
      scenario(
        `{ factor: 15, only: true, expect: [
        { alert: NatsNodeDown, after: node-kill, within: 40s, resolves-within: 60s, severity: page, receiver: page, labels: { server: '{target}' } },
        { alert: NatsSlowConsumers, after: node-kill, within: 12s }] }`,
        30,
        24,
      ),
    );
    const end = await place.run(['run', file, '--out', place.reports]);
    const { alerts, verdict } = place.summary();
    expect(end.code, end.stderr).toBe(6);
    expect(alerts).toMatchObject({
      factor: 15,
      only: true,
      times: { scrapeNs: 1e9, evaluationNs: 1e9 },
      results: [
        {
          verdict: 'met',
          receiver: 'page',
          detectedAfterNs: expect.any(Number),
          notifiedAfterNs: expect.any(Number),
          resolvedAfterNs: expect.any(Number),
          labels: { server: 'n1', severity: 'page' },
        },
        {
          verdict: 'missed',
          detail: expect.stringMatching(/^did not fire within 12 s.*gnatsd_varz_slow_consumers/),
        },
      ],
    });
    expect(alerts?.unexpected).toContainEqual(expect.stringMatching(/^MonitorBlind .*fired at/));
    expect(verdict.reasons.map(({ exit }) => exit)).toEqual(verdict.reasons.map(() => 'expectation'));
    const dir = join(place.runDir(), 'alerts');
    expect(readFileSync(join(dir, 'prometheus.yml'), 'utf8')).toContain('scrape_interval: 1s');
    expect(readdirSync(join(dir, 'rules')).length).toBeGreaterThan(0);
    expect(existsSync(join(dir, 'alertmanager.yml'))).toBe(true);
    const told = place.journal().filter(({ type, what }) => type === 'alert' && what === 'notified');
    expect(told).toContainEqual(
      expect.objectContaining({ receiver: 'page', status: 'firing', alert: 'NatsNodeDown' }),
    );
    expect(await place.leftovers()).toEqual([]);
  });

  it('is inconclusive when Prometheus has died', async () => {
    await using place = new Workplace();
    const file = place.write('s.yaml', scenario(`[{ ${MONITOR_BLIND} }]`, 14));
    const run = place.start(['run', file, '--out', place.reports]);
    await place.phase('load');
    const [pid] =
      serversOf(place)
        .find((line) => line.includes('/prometheus '))
        ?.split(' ') ?? [];
    process.kill(Number(pid), 'SIGKILL');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(7);
    expect(place.summary().alerts).toMatchObject({
      blind: expect.stringMatching(/^Prometheus \(process \d+\) ended by SIGKILL$/),
      results: [{ verdict: 'unknown' }],
    });
    expect(await place.leftovers()).toEqual([]);
  });

  it('leaves nothing behind when Ctrl-C comes while it waits for its alerts', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      scenario('[{ alert: NatsSlowConsumers, after: node-kill, within: 20m }]', 13),
    );
    const run = place.start(['run', file, '--out', place.reports]);
    await place.phase('alerts-settle');
    expect(serversOf(place)).toHaveLength(2);
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(130);
    expect(place.summary().alerts?.results).toMatchObject([{ verdict: 'unknown' }]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('has its Prometheus and its Alertmanager ended by the watchdog when it is killed', async () => {
    await using place = new Workplace();
    const file = place.write('s.yaml', scenario(`[{ ${MONITOR_BLIND} }]`, 60));
    const run = place.start(['run', file, '--out', place.reports]);
    await place.event(({ type }) => type === 'fault-injected', 'its fault');
    expect(serversOf(place)).toHaveLength(2);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await place.leftovers()).toEqual([]);
  });
});

it("refuses rules with an error in promtool's words, before anything is started", async () => {
  await using place = new Workplace();
  place.write('a.yaml', 'groups: [{ name: own, rules: [{ alert: Own, expr: "rate(up[5m]) >" }] }]');
  const alerts = '{ rules: ., expect: [{ alert: Own, after: node-kill, within: 10s }] }';
  const end = await place.run(['run', place.write('s.yml', scenario(alerts)), '--out', place.reports]);
  expect(end.code, end.stderr).toBe(2);
  expect(end.stderr).toMatch(/the rules in .* are not as Prometheus has them:[\s\S]*parse error/);
  expect(place.runDirs()).toEqual([]);
  expect(await place.leftovers()).toEqual([]);
});
