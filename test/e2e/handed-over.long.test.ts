import { expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { ToxiproxyApi } from '../../src/clusters/toxiproxy/toxiproxy-api.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { startForeignServer } from '../support/foreign-server.js';
import { leaseTestPorts } from '../support/test-ports.js';
import { startTestToxiproxy } from '../support/toxiproxy-process.js';

const ONE_NODE = {
  streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]',
  load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 60s, max-lateness: 30s }]',
};
const cluster = (allow: readonly string[], node: object) =>
  JSON.stringify({ driver: 'external', allow, nodes: [node] });

it.each([
  ['kills by a command', 'node-kill', 'restart-after', 1],
  ['pauses by a command', 'node-pause', 'for', 2],
])(
  'the watchdog heals a server of somebody else that a run %s before it is killed itself',
  async (_, kind, key, code) => {
    await using place = new Workplace();
    await using server = await startForeignServer('theirs');
    const { address, monitorUrl, commands } = server;
    const text = scenarioText({
      ...ONE_NODE,
      cluster: cluster([address], { name: 'theirs', url: address, 'monitor-url': monitorUrl, commands }),
      faults: `[{ at: 1s, kind: ${kind}, target: theirs, ${key}: 40s, allow-quorum-loss: true }]`,
    });
    const run = place.startScenario(text, '--allow', address);
    await place
      .event((event) => event.type === 'fault-observed', 'the fault')
      .catch(async (error) => {
        throw new Error(`${(error as Error).message}\n${run.stderr()}`);
      });
    expect(await server.look()).toBe(code);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await waitFor(async () => (await server.look()) === 0, { timeoutMs: 60_000 })).toBe(true);
    // It was started again from the run's place, and is not ended with what is the run's.
    const others = () => place.running().filter((line) => !line.startsWith(`${server.pid} `));
    expect(await waitFor(() => others().length === 0, { timeoutMs: 60_000 })).toBe(true);
    expect(await server.look()).toBe(0);
  },
);

it("the watchdog takes what a run that was killed had laid on somebody else's proxy, and nothing else", async () => {
  await using server = await startForeignServer('theirs');
  using lease = await leaseTestPorts(1);
  await using toxiproxy = await startTestToxiproxy();
  await using place = new Workplace();
  const door = `127.0.0.1:${lease.ports[0]}`;
  const api = new ToxiproxyApi(toxiproxy.url);
  await api.createProxies([{ name: 'door', listen: door, upstream: server.address }]);
  const attributes = { latency: 1, jitter: 0 };
  await api.addToxic('door', 'of-theirs', 'downstream', { type: 'latency', attributes });
  const toxics = async () => (await api.read()).get('door')?.toxics.map(({ name }) => name) ?? [];

  const allow = [server.address, door];
  const text = scenarioText({
    ...ONE_NODE,
    cluster: cluster(allow, {
      name: 'theirs',
      url: server.address,
      'monitor-url': server.monitorUrl,
      toxiproxy: { url: toxiproxy.url, client: { proxy: 'door', url: door } },
    }),
    faults: '[{ at: 1s, for: 40s, kind: latency, delay: 100ms, on: clients, target: theirs }]',
  });
  const args = ['run', place.write('s.yaml', text), '--out', place.reports];
  const run = place.start([...args, ...allow.flatMap((address) => ['--allow', address])]);
  await place
    .event((event) => event.type === 'fault-observed', 'the fault')
    .catch((error) => {
      throw new Error(`${(error as Error).message}\n${run.stderr()}`);
    });
  expect((await toxics()).length).toBeGreaterThan(1);
  run.child.kill('SIGKILL');
  await run.ended;
  expect(await waitFor(async () => (await toxics()).length === 1, { timeoutMs: 60_000 })).toBe(true);
  expect(await toxics()).toEqual(['of-theirs']);
  expect(await place.leftovers()).toEqual([]);
});
