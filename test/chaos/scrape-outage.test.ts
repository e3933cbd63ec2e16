import { createServer, type Server } from 'node:net';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { scrapeOutage, scrapeOutageSchema } from '../../src/chaos/scrape-outage.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { MonitorHandle } from '../../src/contracts/monitor.js';
import { startMonitors } from '../../src/monitor/partition/start-monitors.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { parsePrometheusText } from '../monitor/prometheus-text.js';
import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';
import { type FaultScene, FaultUnderTest, faultScene } from '../support/fault-under-test.js';

let program: CompiledSources;
let test: ClusterTest;
let cluster: Cluster;
let monitor: MonitorHandle;
let scene: FaultScene;
let fault: FaultUnderTest;
beforeAll(async () => {
  [program, test] = await Promise.all([compileSources('cli/entries/monitor.ts'), clusterTest()]);
  cluster = await test.start({ nodes: 1, jetstream: false });
  monitor = await startMonitors(
    {
      plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3, partitions: 2 },
      host: '127.0.0.1',
      access: cluster.observerAccess,
      writers: [],
    },
    new URL(program.url('cli/entries/monitor.js')),
    { onReport: () => {}, onNotice: () => {} },
  );
  const { metricsUrls = [], servePage } = monitor;
  scene = { ...(await faultScene(cluster, test.runId)), monitor: { metricsUrls, servePage } };
});
afterEach(() => fault.undo());
afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

function outage(params: Record<string, unknown> = {}): FaultUnderTest {
  fault = new FaultUnderTest(scene, scrapeOutage, scrapeOutageSchema.parse(params), ['n1']);
  return fault;
}

const urls = (): readonly string[] => monitor.metricsUrls as readonly string[];
const isServed = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** Of both monitors. */
async function counted(): Promise<number> {
  const pages = await Promise.all(urls().map(async (url) => (await fetch(url)).text()));
  return pages
    .flatMap(parsePrometheusText)
    .filter(({ name }) => name === 'cim_events_total')
    .reduce((sum, { value }) => sum + value, 0);
}

async function publish(count: number): Promise<void> {
  const { host, port } = cluster.observerAccess.servers[0]!;
  const nc = await connect({ servers: `${host}:${port}` });
  for (let i = 0; i < count; i++) nc.publish(`cim.events.domain-${i % 8}.Sampled`, '{}');
  await nc.drain();
}

describe('scrape-outage', () => {
  it('has every page refuse who asks, whatever connection was open; the monitors count on, and are read again after it', async () => {
    const away = outage();
    const before = await counted();
    await away.inject();
    expect(await away.observe('during')).toEqual({
      holds: true,
      looks: urls().map((at) => ({ at, saw: 'connection refused' })),
    });
    await publish(100);
    expect(await away.undo()).toMatchObject(
      urls()
        .toReversed()
        .map((url) => ({ undone: true, detail: `${url} is served again` })),
    );
    expect(await away.observe('after')).toMatchObject({ holds: true });
    expect(await waitFor(async () => (await counted()) === before + 100, { timeoutMs: 20_000 })).toBe(true);
  });

  it('takes the pages of the monitors that were chosen by number, and no other', async () => {
    const away = outage({ pages: 2 });
    await away.inject();
    expect(await Promise.all(urls().map(isServed))).toEqual([true, false]);
    expect(await away.observe('during')).toMatchObject({ holds: true });
    // One that answers all the same was not taken away.
    await monitor.servePage(urls()[1] as string, true);
    expect(await away.fault.observe(away.context, 'during')).toMatchObject({ holds: false });
  });

  it('cannot be healed while somebody else has the port, which is said; then it can', async () => {
    const away = outage({ pages: [1] });
    await away.inject();
    const url = new URL(urls()[0] as string);
    const other: Server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(Number(url.port), url.hostname, resolve));
    try {
      expect(await away.undo()).toMatchObject([{ undone: false, detail: `${url.host} is in use` }]);
      expect(await away.fault.observe(away.context, 'after')).toMatchObject({ holds: false });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    expect(await away.undo()).toMatchObject([{ undone: true }]);
    expect(await isServed(url.href)).toBe(true);
    expect(await away.undo()).toMatchObject([{ undone: true }]);
  });

  it('has nothing to undo where its run has died: its monitor has ended with it', async () => {
    const away = outage({ pages: [1] });
    await away.inject();
    expect(await away.undoByData()).toMatchObject([
      { undone: true, detail: `${urls()[0]} has ended with its run` },
    ]);
  });

  it('is refused for a monitor that there is not, before anything is done', async () => {
    await expect(outage({ pages: [1, 3] }).inject()).rejects.toThrow(
      'there is no page 3: there are 2 monitors',
    );
    expect(await Promise.all(urls().map(isServed))).toEqual([true, true]);
  });
});
