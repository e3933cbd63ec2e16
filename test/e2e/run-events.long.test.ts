import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { externalCluster, scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';

interface Heard {
  readonly type: string;
  readonly said: Readonly<Record<string, unknown>>;
}

it('a run tells everybody who listens what it does, to its verdict, and is not disturbed by what it stores of that', async () => {
  await using place = new Workplace();
  await using server = await startTestServer({ jetstream: true });
  const address = `127.0.0.1:${server.port}`;
  const nc = await connect({ servers: address });
  const heard: Heard[] = [];
  nc.subscribe('cim.events.stormglass.>', {
    callback: (_, message) => {
      heard.push({ type: message.subject.split('.')[3]!, said: message.json() });
    },
  });
  const monitor = place.start(['monitor', '--server', `nats://${address}`, '--port', '0']);
  const url = await waitFor(() => /http:\S+metrics/.exec(monitor.stderr())?.[0], { timeoutMs: 20_000 });
  const metrics = async () => (await fetch(String(url))).text();

  const text = scenarioText({
    cluster: externalCluster(address, server.monitorUrl),
    streams: '[{ name: ALL, subjects: [cim.events.>] }]',
    load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 10s, max-lateness: 60s }]',
    checks: '[acked-loss, duplicates, order, unexpected]',
  });
  const run = place.startScenario(text, '--allow', address);
  // Not all on one page: a machine that is busy may have asked for none between two of these.
  const awaited = new Set([
    /cim_stormglass_phase\{.*phase="load".*\} 1/,
    /cim_stormglass_operations_total\{.*outcome="ok".*\} [1-9]/,
    /cim_stormglass_latency_seconds\{.*load="orders".*measure="ack_latency".*quantile="0.99".*\} /,
  ]);
  await waitFor(
    async () => {
      const page = await metrics();
      for (const text of awaited) if (text.test(page)) awaited.delete(text);
      return awaited.size === 0;
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  expect([...awaited]).toEqual([]);
  const end = await run.ended;
  expect(end.code, end.stderr).toBe(0);
  await waitFor(() => heard.some(({ type }) => type === 'RunEnded'), { timeoutMs: 30_000 });

  const summary = place.summary();
  const ofRun = heard.filter(({ said }) => said.run === summary.runId);
  const types = ofRun.map(({ type }) => type);
  expect(types[0]).toBe('MonitorStarted');
  expect(types).toContain('RunStarted');
  expect(types.at(-1)).toBe('RunEnded');
  const phases = ofRun.filter(({ type }) => type === 'PhaseBegan').map(({ said }) => said.phase);
  expect(phases).toEqual(expect.arrayContaining(['preflight', 'cluster-up', 'load', 'drain', 'check']));
  const measured = ofRun.filter(({ type }) => type === 'LoadMeasured').map(({ said }) => said);
  const [load] = summary.loads;
  expect(measured.at(-1)).toMatchObject({ load: 'orders', ok_total: load!.total.counters.ok });
  expect(measured.reduce((sum, { ok }) => sum + Number(ok), 0)).toBe(load!.total.counters.ok);
  expect(ofRun.at(-1)!.said).toMatchObject({ code: 0, exit: 'ok' });

  // The stream has stored what was said, too: it is none of the load's.
  expect(summary.checks.map(({ name, verdict }) => [name, verdict])).toEqual(
    ['acked-loss', 'duplicates', 'order', 'unexpected'].map((name) => [name, 'pass']),
  );
  expect(load!.total.counters).toMatchObject({ lost: 0, received: load!.total.counters.ok });
  expect(
    await waitFor(async () => !(await metrics()).includes('cim_stormglass_phase{'), { timeoutMs: 30_000 }),
  ).toBe(true);
  await nc.close();
});
