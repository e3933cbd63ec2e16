import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { externalCluster, scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';

/** Each exit code that can be reached, reached on real servers; whatever the end, nothing is left behind. */
describe('stormglass run ends with', () => {
  it('0 when everything held', async () => {
    await using place = new Workplace();
    const end = await place.runScenario(
      scenarioText({ thresholds: '{ orders.failed: ["ratio == 0"] }' }),
      '--json',
    );
    expect(end.stderr).toContain('0 of');
    expect(end.code, end.stderr).toBe(0);
    const summary = JSON.parse(end.stdout);
    expect(summary.verdict.exitCode).toBe(0);
    expect(summary).toEqual(JSON.parse(JSON.stringify(place.summary())));
    expect(await place.leftovers()).toEqual([]);
  });

  it('2 for an invalid scenario, and starts nothing', async () => {
    await using place = new Workplace();
    const end = await place.runScenario(scenarioText().replace('streams:', 'straems:'));
    expect(end.code, end.stderr).toBe(2);
    expect(end.stderr).toMatch(/s\.yaml:\d+:\d+: .*straems/);
    expect(end.stderr).toContain('streams');
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it.each([
    ['an unknown key', (text: string) => text.replace('checks:', 'cheks:'), 'cheks'],
    ['a wrong unit', (text: string) => text.replace('for: 3s', 'for: 5kg'), '5kg'],
    ['a negative rate', (text: string) => text.replace('500/s', '-500/s'), '-500/s'],
    ['zero nodes', (text: string) => text.replace('nodes: 3', 'nodes: 0'), 'at least one server'],
    [
      'a stream that no event matches',
      (text: string) => text.replace('cim.events.orders.>', 'cim.other.>'),
      'cim.other.>',
    ],
    [
      'a fault on a node that does not exist',
      (text: string) =>
        text.replace('faults: []', 'faults: [{ at: 1s, kind: node-kill, target: n9, restart-after: 1s }]'),
      'n9',
    ],
    ['two loads of one name', (text: string) => text.replace(/load: \[(.*)\]/, 'load: [$1, $1]'), 'orders'],
    ['a file that is not YAML', () => 'version: 1\n\t- [}', 's.yaml'],
  ])('2 for %s, with its place', async (_, spoil, names) => {
    await using place = new Workplace();
    const end = await place.runScenario(spoil(scenarioText()));
    expect(end.code, end.stderr).toBe(2);
    expect(end.stderr).toMatch(/s\.yaml:\d+:\d+: /);
    expect(end.stderr).toContain(names);
    expect(end.stdout).toBe('');
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('2 for a command line that is wrong', async () => {
    await using place = new Workplace();
    expect((await place.run(['run'])).code).toBe(2);
    expect((await place.run(['run', 'x.yaml', '--sede', '3'])).stderr).toContain('--seed');
    expect((await place.run(['rum', 'x.yaml'])).stderr).toContain('run');
    expect((await place.run(['run', join(place.root, 'missing.yaml')])).code).toBe(2);
  });

  it('3 when no server is to be had, naming what to do', async () => {
    await using place = new Workplace();
    const file = place.write('s.yaml', scenarioText());
    const end = await place.run(['run', file, '--out', place.reports], {
      STORMGLASS_NATS_SERVER: '',
      PATH: '/nowhere',
    });
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain('nats-server');
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('3 when the port of the monitor is taken, naming the option', async () => {
    await using place = new Workplace();
    await using other = await startTestServer();
    const end = await place.runScenario(scenarioText().replace('port: 0', `port: ${other.port}`));
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain(String(other.port));
    expect(end.stderr).toContain('monitor.port');
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('3 when a server dies at its start, with what its log says', async () => {
    await using place = new Workplace();
    const cluster = '{ driver: process, nodes: 3, config: { max_paiload: 1024 } }';
    const end = await place.runScenario(scenarioText({ cluster }));
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain('max_paiload');
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('3 when the cluster never gets a leader', async () => {
    await using place = new Workplace();
    const text = scenarioText({
      cluster:
        "{ driver: process, nodes: 3, config: { cluster: { permissions: { import: { deny: '>' }, export: { deny: '>' } } } } }",
      limits: '{ cluster-ready: 8s }',
    });
    const end = await place.runScenario(text);
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain('n1: JetStream has not established contact with a meta leader');
    // Which of a log's complaints came last depends on which server was up first.
    expect(end.stderr).toMatch(/the servers' logs say: n[123]: /);
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('3 when the report cannot be written', async () => {
    await using place = new Workplace();
    const file = place.write('s.yaml', scenarioText());
    for (const out of [join(file, 'reports'), '/proc/reports']) {
      const end = await place.run(['run', file, '--out', out]);
      expect(end.code, end.stderr).toBe(3);
      expect(end.stderr).toContain(out);
      expect(end.stderr).toContain('--out');
    }
    expect(await place.leftovers()).toEqual([]);
  });

  it('4 when a threshold was missed', async () => {
    await using place = new Workplace();
    const thresholds = '{ orders.throughput: ["rate > 1M/s"] }';
    const end = await place.runScenario(scenarioText({ thresholds }));
    expect(end.code, end.stderr).toBe(4);
    expect(place.summary().verdict.exit).toBe('threshold');
    expect(await place.leftovers()).toEqual([]);
  });

  it('5 when acknowledged events are lost: a memory stream of one replica whose leader is killed', async () => {
    await using place = new Workplace();
    const text = scenarioText({
      streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1, storage: memory }]',
      faults: '[{ at: 1s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 500ms }]',
      load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 10s, max-lateness: 60s }]',
    });
    // The load outlasts the fault, though that comes late: an emptied stream that nothing came to again is not judged.
    const end = await place.runScenario(text);
    expect(end.code, end.stderr).toBe(5);
    const check = place.summary().checks.find(({ name }) => name === 'acked-loss');
    expect(check?.verdict).toBe('fail');
    expect(check?.counts.lost).toBeGreaterThan(0);
    expect(check?.examples.length).toBeGreaterThan(0);
    expect(await place.leftovers()).toEqual([]);
  });

  it('5 when a stream has vanished with what it acknowledged', async () => {
    await using place = new Workplace();
    await using server = await startTestServer({ jetstream: true });
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address),
      streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]',
      load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 5s, ack-timeout: 500ms, backlog: 2s, max-lateness: 60s }]',
      limits: '{ steady: 3s }',
    });
    const run = place.startScenario(text, '--allow', address);
    await place.phase('load');
    const nc = await connect({ servers: address });
    const jsm = await jetstreamManager(nc, PATIENT_CLIENT);
    await waitFor(async () => (await jsm.streams.info('ORDERS')).state.messages > 100, { timeoutMs: 30_000 });
    await jsm.streams.delete('ORDERS');
    await nc.close();
    const end = await run.ended;
    expect(end.stderr).toContain('the stream ORDERS has vanished');
    expect(end.code, end.stderr).toBe(5);
    expect(await place.leftovers()).toEqual([]);
  });

  it('6 when most of a load did not get through', async () => {
    await using place = new Workplace();
    const text = scenarioText({
      streams:
        '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 3, max_msgs: 100, discard: new }]',
    });
    const end = await place.runScenario(text);
    expect(end.stderr).toContain('1,400 of 1,500 operations did not get through');
    expect(end.code, end.stderr).toBe(6);
  });

  it('7 when there is no data for a threshold', async () => {
    await using place = new Workplace();
    const thresholds = '{ orders.ack_latency: ["p99.999 < 10s"] }';
    const end = await place.runScenario(scenarioText({ thresholds }));
    expect(end.code, end.stderr).toBe(7);
    expect(place.summary().thresholds[0]?.verdict).toBe('no-data');
    expect(await place.leftovers()).toEqual([]);
  });

  it('1 when the disk is full while the run writes, healed and with one clear error', async (context) => {
    await using place = new Workplace();
    const small = join(place.root, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      context.skip('a small file system can be mounted by root only');
    }
    try {
      const text = scenarioText({
        load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 3k/s, for: 8s, max-lateness: 60s }]',
      });
      const end = await place.run(['run', place.write('s.yaml', text), '--out', small]);
      expect(end.code, end.stderr).toBe(1);
      expect(end.stderr).toMatch(/no space left/i);
      expect(end.stderr).toContain('--out');
      expect(await place.leftovers()).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
      rmSync(small, { recursive: true, force: true });
    }
  });
});
