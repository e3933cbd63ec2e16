import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { findLimits, lateBoundNs } from '../../src/engine/load-limits.js';
import { ResourceBook } from '../../src/engine/resource-book.js';
import { jsPublish } from '../../src/generators/js-publish/js-publish.js';
import type { LoadKind, Traffic } from '../../src/generators/load-kind.js';
import { publish } from '../../src/generators/publish.js';
import { LoadTotals } from '../../src/metrics/load-totals.js';
import { openControl } from '../../src/nats/control.js';
import { LoadUnderTest, steadyRate } from '../generators/load-under-test.js';
import { startTestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';

/** What making one event costs the thread: at this rate, it has time for half of them. A window of them outlasts a server's answer. */
const COST_NS = 2 * NS.ms;
const RATE_PER_SEC = 1000;

/** A kind of load whose events are costly to make, as those of a large template are. */
function costly(inner: LoadKind): LoadKind {
  return {
    ...inner,
    kind: `costly-${inner.kind}`,
    create: (setting) => {
      const traffic = inner.create(setting);
      const send: Traffic['send'] = (first, count, blocked) => {
        const sent = traffic.send(first, Math.min(count, 16), blocked);
        const untilNs = nowNs() + sent * COST_NS;
        while (nowNs() < untilNs);
        return sent;
      };
      return new Proxy(traffic, {
        get: (target, key) => {
          if (key === 'send') return send;
          const value = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
}

const KINDS = [costly(publish), costly(jsPublish)];

const loadOf = (access: ServerAccess, kind: string, params: Record<string, unknown> = {}) =>
  new LoadUnderTest({
    access,
    kind,
    ownKinds: KINDS,
    // Several looks of a second: one at which the server stood still does not decide.
    schedule: steadyRate(RATE_PER_SEC, 4),
    params: { 'max-lateness': 0.4 * NS.s, ...params },
  });

/** What the conductor would make of it. */
function limitsOf({ task, phaseClock, reports, samples, startNs }: LoadUnderTest) {
  const totals = new LoadTotals([task.load], phaseClock, () => true);
  const book = new ResourceBook(() => lateBoundNs(task.load));
  totals.start(startNs);
  book.start(startNs);
  reports.forEach((report, i) => {
    totals.add(report);
    book.addReport(report);
    book.add(samples[i]!);
  });
  return findLimits([task.load], totals.results(), book);
}

describe('what limited a load', () => {
  it('was the generator where its thread could not send in time: says so, with the resource and what to change', async () => {
    await using server = await startTestServer();
    const load = loadOf(server.access, 'costly-publish');
    await load.run();
    const { limits, findings } = limitsOf(load);
    expect(load.count('dropped')).toBeGreaterThan(0);
    expect(limits).toMatchObject([{ load: 'orders', by: 'generator' }]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      exit: 'inconclusive',
      text: expect.stringMatching(
        /^load orders: the generator was the bottleneck, too slow for .* % of the operations .*: .*\b(cores?|CPU|never rested|garbage collection)\b/,
      ),
      // Which of them it is depends on who else uses this machine just now.
      hint: expect.stringMatching(/`workers|machine/),
    });
  });

  it('was the generator also where it blamed the window, being too busy to read the answers', async () => {
    await using server = await startTestServer({ jetstream: true });
    const control = await openControl({ access: server.access, nodes: [] });
    await control.createStreams([
      { name: 'ORDERS', subjects: ['cim.events.orders.>'], config: { storage: 'memory' } },
    ]);
    await control[Symbol.asyncDispose]();
    const load = loadOf(server.access, 'costly-js-publish', { window: 16, backlog: 1 * NS.s });
    await load.run();
    const { limits, findings } = limitsOf(load);
    expect(load.count('blocked')).toBeGreaterThan(0);
    expect(limits).toMatchObject([{ load: 'orders', by: 'generator' }]);
    expect(findings[0]?.text).toMatch(/not sent in their time while its thread was saturated/);
  });

  it('was the system where the server stood still, though the same load waited just as long', async () => {
    await using server = await startTestServer();
    // Few and cheap to make, and more bytes than a stopped server's socket takes.
    const perSec = 2000;
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(perSec, 1.6),
      events: [
        {
          domain: 'orders',
          type: 'Placed',
          subject: 'cim.events.orders.Placed',
          weight: 1,
          size: { minBytes: 16_000, maxBytes: 16_000 },
        },
      ],
      params: { backlog: 0.5 * NS.s },
    });
    await load.start();
    await pauseProcess(server.pid);
    await waitFor(() => load.count('unsent') > perSec / 2, { timeoutMs: 20_000 });
    process.kill(server.pid, 'SIGCONT');
    await load.finished();
    const { limits, findings } = limitsOf(load);
    expect(limits).toMatchObject([{ load: 'orders', by: 'system' }]);
    expect(findings).toEqual([]);
    // The thread itself says that it had to wait.
    expect(
      load.samples.some(({ socketHeldNs, startNs, endNs }) => socketHeldNs > 0.5 * (endNs - startNs)),
    ).toBe(true);
  });

  it('was nobody where it kept its schedule', async () => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(100, 1.2),
      params: { 'max-lateness': 60 * NS.s },
    });
    await load.run();
    expect(limitsOf(load)).toEqual({
      lateLoads: [],
      limits: [{ load: 'orders', by: 'schedule', text: expect.stringMatching(/^it kept its schedule: /) }],
      findings: [],
    });
  });
});
