import { setPriority } from 'node:os';
import { DeliverPolicy, jetstream, jetstreamManager, PersistMode } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { CheckResult } from '../../src/contracts/checker.js';
import { runCommand } from '../../src/processes/run-command.js';
import { emptyStamp, readStamp } from '../../src/wire/stamp.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { externalCluster, type ScenarioParts, scenarioText, Workplace } from '../support/cli.js';
import { startForeignServer } from '../support/foreign-server.js';
import { POWER_LOSS_LACK, skipped } from '../support/store-scene.js';

/** Of one server, nothing is between replicas; what vanished cannot be looked at by the others. */
const CHECKS = '[acked-loss, duplicates, order, unexpected, immutability, monotonic]';
const LIMITS = '{ heal: 10s, steady: 10s, drain: 5s, final-read: 30s }';
const ONE = '{ driver: process, nodes: 1 }';

const single = (settings: string) =>
  `[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1, ${settings} }]`;
const orders = (settings: string) =>
  `{ name: orders, kind: js-publish, domains: [orders], ack-timeout: 2s, max-lateness: 30s, ${settings} }`;

/** Runs a scenario by the built command; what it came to, and each check by its name. */
async function judged(place: Workplace, parts: ScenarioParts, ...options: string[]) {
  const text = scenarioText({ cluster: ONE, checks: CHECKS, limits: LIMITS, ...parts });
  const end = await place.run([
    'run',
    place.write('scenario.yaml', text),
    '--out',
    place.reports,
    ...options,
  ]);
  if (place.runDirs().length === 0) throw new Error(end.stderr);
  const summary = place.summary();
  const check = (name: string): CheckResult => {
    const found = summary.checks.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no check ${name}`);
    return found;
  };
  return { code: end.code, stderr: end.stderr, check, faults: summary.faults };
}

describe('systems that are known to lose', () => {
  it('a stream in memory of one server, which is killed: the stream vanishes', async () => {
    await using place = new Workplace();
    const { code, stderr, check } = await judged(place, {
      streams: single('storage: memory'),
      load: `[${orders('rate: 300/s, for: 5s')}]`,
      faults: '[{ at: 2s, kind: node-kill, target: n1, restart-after: 500ms, allow-quorum-loss: true }]',
    });
    expect(code, stderr).toBe(5);
    const { verdict, counts, sentence } = check('acked-loss');
    expect(verdict).toBe('fail');
    expect(counts.lost).toBe(counts.acknowledged);
    expect(counts.prefix).toBe(counts.lost);
    expect(sentence).toContain('the stream ORDERS has vanished');
    expect(check('monotonic').counts.vanished).toBe(1);
  });

  it('a stream in memory of one of three servers, which is killed: it begins anew', async () => {
    await using place = new Workplace();
    const { code, stderr, check } = await judged(place, {
      cluster: '{ driver: process, nodes: 3 }',
      streams: single('storage: memory'),
      load: `[${orders('rate: 300/s, for: 16s')}]`,
      limits: LIMITS.replaceAll('10s', '30s'),
      faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 500ms }]',
    });
    expect(code, stderr).toBe(5);
    const { verdict, counts } = check('acked-loss');
    expect(verdict).toBe('fail');
    expect(counts.lost).toBeGreaterThan(0);
    expect(counts.prefix).toBe(counts.lost);
    expect(check('monotonic').verdict).toBe('fail');
  });

  it.each([
    ['the end of its only messages file cut off', 'kind: file-truncate, lose: 30%, for: 1s'],
    ['an old copy of its store put back', 'kind: snapshot-restore, age: 2s, for: 3s'],
  ])('a stream on one disk, with %s: sequences are given away again', async (_, fault) => {
    await using place = new Workplace();
    const { code, stderr, check, faults } = await judged(place, {
      streams: single('storage: file'),
      load: `[${orders('rate: 300/s, for: 8s')}]`,
      faults: `[{ at: 2s, ${fault}, stream: ORDERS, target: n1, majority: true, repair: false, allow-quorum-loss: true }]`,
    });
    expect(faults).toMatchObject([{ status: 'reverted' }]);
    expect(code, stderr).toBe(5);
    const { verdict, counts, examples } = check('acked-loss');
    expect(verdict).toBe('fail');
    expect(counts.middle).toBeGreaterThan(0);
    expect(counts.middle).toBe(counts.lost);
    expect(examples.length).toBeGreaterThan(0);
    // Who writes on stores at sequences that others were told of.
    expect(check('immutability').verdict).toBe('fail');
    expect(check('monotonic').counts.acknowledgedLower).toBeGreaterThan(0);
    expect(check('unexpected').verdict).toBe('pass');
  });

  it.skipIf(POWER_LOSS_LACK !== undefined)(
    `a stream on one disk that nobody flushes, which loses its power: the stream vanishes${skipped(POWER_LOSS_LACK)}`,
    async () => {
      await using place = new Workplace();
      const { code, stderr, check, faults } = await judged(place, {
        streams: single('storage: file'),
        load: `[${orders('rate: 300/s, for: 5s')}]`,
        faults: '[{ at: 2s, kind: power-loss, target: n1, restart-after: 500ms, allow-quorum-loss: true }]',
      });
      expect(faults).toMatchObject([{ status: 'reverted' }]);
      expect(code, stderr).toBe(5);
      expect(check('acked-loss').counts.lost).toBeGreaterThan(0);
      expect(check('acked-loss').sentence).toContain('the stream ORDERS has vanished');
    },
  );

  it('a consumer that acknowledges before it works: what it lost was never delivered', async () => {
    await using place = new Workplace();
    const { code, stderr, check } = await judged(place, {
      streams: single('storage: file'),
      load: `[${orders('rate: 300/s, for: 5s')},
              { name: work, kind: js-consume, stream: ORDERS, ack: sync, lose-after-ack: 5%, until: drained }]`,
      checks: '[acked-loss, consumer]',
    });
    expect(code, stderr).toBe(5);
    expect(check('acked-loss').verdict).toBe('pass');
    const { verdict, counts } = check('consumer');
    expect(verdict).toBe('fail');
    expect(counts.undelivered).toBeGreaterThan(0);
    expect(counts.messages! + counts.undelivered!).toBe(check('acked-loss').counts.acknowledged);
  });

  // nats-server acknowledges what it has in memory and writes it up to 8 ms later: a kill has to come in between.
  it('a stream that is written asynchronously, whose server is killed: what is told to be lost is not there', async () => {
    await using place = new Workplace();
    await using server = await startForeignServer('lone');
    // One that the run finds is not the run's to remove: it can be looked at afterwards.
    const before = await connect({ servers: server.address });
    await (await jetstreamManager(before, PATIENT_CLIENT)).streams.add({
      name: 'ORDERS',
      subjects: ['cim.events.orders.>'],
      persist_mode: PersistMode.Async,
    });
    await before.close();
    const act = (what: string) =>
      runCommand(server.command(what), { cwd: server.directory, timeoutMs: 30_000 });
    const rushed = () => {
      // On a busy machine the server has written by the time that anybody else runs: only who may do this is first.
      try {
        setPriority(server.pid, -20);
        setPriority(-20);
      } catch {}
    };
    let over = false;
    const killing = (async () => {
      await place.phase('load');
      const subscribed = () => connect({ servers: server.address, reconnect: false });
      while (!over) {
        rushed();
        const nc = await subscribed();
        const { pid } = server;
        let seen = 0;
        const killed = new Promise<void>((resolve) => {
          nc.subscribe('cim.events.>', {
            callback: () => {
              if (++seen !== 700) return;
              process.kill(pid, 'SIGKILL');
              resolve();
            },
          });
        });
        await Promise.race([killed, sleep(3_000)]);
        await nc.close().catch(() => {});
        await waitFor(async () => (await server.look()) === 1 || over || seen < 700, { timeoutMs: 30_000 });
        await act('start');
        await waitFor(async () => (await fetch(`${server.monitorUrl}/healthz`)).ok, { timeoutMs: 20_000 });
      }
    })();
    const running = judged(
      place,
      {
        cluster: externalCluster(server.address, server.monitorUrl),
        streams: single('storage: file, persist_mode: async'),
        load: `[${orders('rate: 3k/s, for: 12s')}]`,
      },
      '--allow',
      server.address,
    );
    await running.finally(() => {
      over = true;
      setPriority(0);
    });
    const { code, stderr, check } = await running;
    await killing;

    expect(code, stderr).toBe(5);
    const { counts, examples, verdict } = check('acked-loss');
    expect(verdict).toBe('fail');
    expect(counts.middle! + counts.postfix!).toBe(counts.lost);
    // Not by our own reading: what is told to be lost must be nowhere in the stream.
    const there = await stampsOf(server.address);
    const told = examples.map((story) =>
      Number(/orders\/\d+ #([\d,]+),/.exec(story)?.[1]?.replaceAll(',', '')),
    );
    expect(told.length).toBeGreaterThan(0);
    for (const sequence of told) expect(there.has(sequence), `#${sequence}`).toBe(false);
    expect(there.size).toBe(counts.read);
  });
});

/** Which operations of the only writer are in the stream, as another client reads it. */
async function stampsOf(address: string): Promise<ReadonlySet<number>> {
  const nc = await connect({ servers: address });
  const there = new Set<number>();
  const stamp = emptyStamp();
  const { state } = await (await jetstreamManager(nc, PATIENT_CLIENT)).streams.info('ORDERS');
  const consumer = await jetstream(nc, PATIENT_CLIENT).consumers.get('ORDERS', {
    deliver_policy: DeliverPolicy.All,
  });
  for await (const message of await consumer.consume()) {
    if (readStamp(message.data, 0, message.data.length, stamp)) there.add(stamp.sequence);
    if (message.seq >= state.last_seq) break;
  }
  await nc.close();
  return there;
}

it('a stream on three disks, with one server killed at a time, holds', async () => {
  await using place = new Workplace();
  const { code, stderr, check } = await judged(place, {
    cluster: '{ driver: process, nodes: 3 }',
    streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }]',
    load: `[${orders('rate: 300/s, for: 40s')},
            { name: work, kind: js-consume, stream: ORDERS, ack: sync, until: drained }]`,
    faults: '[{ at: 2s, every: 12s, times: 3, kind: node-kill, target: one, restart-after: 1s }]',
    checks: '[acked-loss, duplicates, order, unexpected, divergence, immutability, monotonic, consumer]',
    limits: '{}',
  });
  expect(code, stderr).toBe(0);
  expect(check('acked-loss').counts).toMatchObject({ lost: 0 });
  expect(check('divergence').verdict).toBe('pass');
});
