import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { externalCluster, scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';

describe('a run leaves', () => {
  it('no word of a report that could not be written, but of what was', async () => {
    await using place = new Workplace();
    await using server = await startTestServer();
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address),
      streams: '[]',
      checks: '[]',
      load: '[{ name: firehose, kind: publish, domains: [telemetry], rate: 200/s, for: 5s, max-lateness: 60s }]',
    });
    const run = place.startScenario(text, '--allow', address);
    await waitFor(() => place.runDirs().length > 0, { timeoutMs: 30_000, everyMs: 5 });
    const dir = place.runDir();
    // Where the page is to be written first, nothing can be.
    mkdirSync(join(dir, 'report.html.partial'));
    const end = await run.ended;
    expect(end.code).not.toBe(0);
    expect(existsSync(join(dir, 'report.html'))).toBe(false);
    expect(end.stderr).toContain('cannot write');
    expect(end.stderr).toMatch(/^ {2}report +\S+summary\.json$/m);
    expect(end.stderr).not.toMatch(/^ {2}report +\S+report\.html$/m);
  });

  it('what it did to a system that it did not start: its load, and nothing else', async () => {
    await using place = new Workplace();
    await using server = await startTestServer({ jetstream: true });
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address, server.monitorUrl),
      streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]',
      load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 2s, max-lateness: 60s }]',
    });
    const file = place.write('s.yaml', text);

    const refused = await place.run(['run', file, '--out', place.reports]);
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toContain(`--allow ${address}`);
    expect(place.runDirs()).toEqual([]);

    const end = await place.run(['run', file, '--out', place.reports, '--allow', address]);
    expect(end.code, end.stderr).toBe(0);
    expect(place.summary().servers.confirmed).toEqual({ orders: 1000 });
    const streams = (await (await fetch(`${server.monitorUrl}/jsz`)).json()) as { streams: number };
    expect(streams.streams).toBe(0);
    expect(await place.leftovers()).toEqual([]);
  });

  it('no stream of its own on a system that it did not start, not even when it is killed', async () => {
    await using place = new Workplace();
    await using server = await startTestServer({ jetstream: true });
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address),
      streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]',
      load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 60s, max-lateness: 60s }]',
    });
    const run = place.startScenario(text, '--allow', address);
    await place.phase('load');
    const streamCount = async () =>
      ((await (await fetch(`${server.monitorUrl}/jsz`)).json()) as { streams: number }).streams;
    expect(await streamCount()).toBe(1);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await place.leftovers()).toEqual([]);
    expect(await streamCount()).toBe(0);
  });

  it('two schedules that are the same for the same seed, and start nothing with --dry-run', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      scenarioText({ faults: '[{ at: 1s, kind: node-kill, target: one, restart-after: 1s }]' }),
    );
    const [first, second] = [
      await place.run(['run', file, '--dry-run', '--seed', '5']),
      await place.run(['run', file, '--dry-run', '--seed', '5']),
    ];
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain('node-kill');
    expect(first.stdout).toBe(second.stdout);
    expect(place.runDirs()).toEqual([]);
  });
});
