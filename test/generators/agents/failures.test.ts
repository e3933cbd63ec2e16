import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { waitFor } from '../../../src/base/wait.js';
import { startTestServer, type TestServer } from '../../support/nats-server.js';
import { pauseProcess } from '../../support/pause-process.js';
import { agents, groupBy, ofType, runAgents } from './agents-under-test.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stormglass-behaviors-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const behavior = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};

const connectionsOf = async ({ monitorUrl }: TestServer): Promise<number> =>
  ((await (await fetch(`${monitorUrl}/varz`)).json()) as { connections: number }).connections;

describe('an agent that fails', () => {
  it('stops, forgets, and starts again after its time', async () => {
    await using server = await startTestServer();
    const counting = behavior(
      'counting.ts',
      `import { defineBehavior } from 'stormglass';
       export default defineBehavior({
         state: ['count'],
         start(agent) { agent.publish('Started', { failures: String(agent.failures) }); agent.after(10, 'count'); },
         steps: {
           count(agent) {
             agent.publish('Counted', { count: String(++agent.state.count) });
             agent.after(10, 'count');
           },
         },
       });`,
    );
    const { seen } = await runAgents({
      access: server.access,
      seconds: 1.5,
      required: { agents: 40, behavior: counting, ramp: '0s', failure: { every: '300ms', down: '100ms' } },
    });
    const lives = [...groupBy(seen, ({ body }) => body.agent!).values()].flatMap((own) => {
      const sorted = own.sort((a, b) => a.dueUs - b.dueUs || (a.type === 'Started' ? -1 : 1));
      const starts = sorted.flatMap(({ type }, i) => (type === 'Started' ? [i] : []));
      return starts.map((start, life) => ({
        life,
        events: sorted.slice(start, starts[life + 1]),
        next: sorted[starts[life + 1]!],
      }));
    });
    expect(lives.length).toBeGreaterThan(80);
    for (const { life, events, next } of lives) {
      expect(events[0]!.body.failures).toBe(String(life));
      // Each life counts from one on, every ten milliseconds.
      expect(events.slice(1).map(({ body }) => Number(body.count))).toEqual(
        events.slice(1).map((_, i) => i + 1),
      );
      const last = events.at(-1)!;
      // At most ten milliseconds of life after the last count, then a hundred without.
      if (next) expect(next.dueUs - last.dueUs).toBeGreaterThanOrEqual(100_000);
      if (next) expect(next.dueUs - last.dueUs).toBeLessThanOrEqual(110_001);
    }
  });

  it('leaves what it was asked without an answer', async () => {
    await using server = await startTestServer();
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 1,
      // Long enough for every agent that does answer, on a machine that is busy with other tests.
      params: { 'ack-timeout': 6 * NS.s, overdue: 4 * NS.s },
      required: {
        agents: 50,
        behavior: 'worker',
        commands: '500/s',
        work: '30ms',
        ramp: '0s',
        failure: { every: '200ms', down: '100ms' },
      },
    });
    const [load] = loads;
    const commands = ofType(seen, 'Command').length;
    const results = ofType(seen, 'Result').length;
    expect(load!.count('unknown')).toBeGreaterThan(50);
    expect(results).toBeLessThan(commands);
    expect(load!.count('ok') + load!.count('unknown')).toBe(load!.count('due'));
    expect(load!.histogram('ack_latency').total).toBe(commands);
    expect(load!.histogram('ack_latency').snapshot().censored!.total).toBe(load!.count('unknown'));
    // It was the agents that failed, and not the system.
    expect(load!.reports.flatMap(({ troubles }) => troubles)).toEqual([]);
  });

  it('breaks off its own connection, and comes back with another', async () => {
    await using server = await startTestServer();
    const load = agents({
      access: server.access,
      seconds: 60,
      required: {
        agents: 20,
        every: '20ms',
        connections: 'per-agent',
        ramp: '0s',
        failure: { every: '400ms', down: '200ms' },
      },
    });
    await load.start();
    const fewer = await waitFor(async () => (await connectionsOf(server)) < 18, {
      timeoutMs: 20_000,
      everyMs: 10,
    });
    expect(fewer).toBe(true);
    const back = await waitFor(() => load.noticesOf('reconnected').length > 0, { timeoutMs: 20_000 });
    expect(back).toBe(true);
    await waitFor(() => load.count('ok') > 300, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.noticesOf('disconnected')).toEqual([]);
    // Whose connection was not there yet when it was stopped could not send any more.
    const ended = load.count('ok') + load.count('unknown') + load.count('unsent');
    expect(ended).toBe(load.count('due'));
    expect(load.count('ok')).toBeGreaterThan(300);
  });
});

describe('agents whose server dies', () => {
  it('go on at another: what waited for an answer is unknown, what was due meanwhile is sent late', async () => {
    await using first = await startTestServer();
    await using second = await startTestServer();
    const load = agents({
      // The two servers know nothing of each other: both connections, agents' and commands', begin at the first.
      access: { servers: [...first.access.servers, ...first.access.servers, ...second.access.servers] },
      seconds: 60,
      // Commands that are back before the agents are find nobody.
      params: { 'ack-timeout': 2 * NS.s },
      required: {
        agents: 200,
        behavior: 'worker',
        every: '200ms',
        commands: '400/s',
        work: '50ms',
        connections: 1,
        rejoin: '100ms',
      },
    });
    const { port } = second.access.servers[0]!;
    await load.ready();
    await load.start();
    await waitFor(() => load.count('ok') > 500, { timeoutMs: 20_000 });
    await first.stop('SIGKILL');
    const okBefore = load.count('ok');
    await waitFor(() => load.count('ok') > okBefore + 1000, { timeoutMs: 20_000 });
    load.stop();
    await load.finished();
    expect(load.noticesOf('disconnected').length).toBeGreaterThan(0);
    expect(load.noticesOf('reconnected').map(({ text }) => text)).toContain(`to 127.0.0.1:${port}`);
    expect(load.count('unknown')).toBeGreaterThan(0);
    expect(load.count('ok') + load.count('unknown')).toBe(load.count('sent'));
    expect(load.count('sent') + load.count('unsent')).toBe(load.count('due'));
    expect(load.count('dropped')).toBe(0);
    const troubles = load.reports.flatMap((report) => report.troubles);
    expect(troubles.map(({ reason }) => reason)).toContain('connection lost');
  });

  it('count what waits for a server that stands still as its doing, and give up what waits too long', async () => {
    await using server = await startTestServer();
    const load = agents({
      access: server.access,
      seconds: 60,
      events: [
        {
          domain: 'orders',
          type: 'Heartbeat',
          subject: 'cim.events.orders.Heartbeat',
          weight: 1,
          size: { minBytes: 32_000, maxBytes: 32_000 },
        },
      ],
      params: { backlog: 300 * NS.ms },
      required: { agents: 500, every: '250ms', ramp: '0s', connections: 2 },
    });
    await load.start();
    await waitFor(() => load.count('ok') > 0, { timeoutMs: 20_000 });
    await pauseProcess(server.pid);
    const gaveUp = await waitFor(() => load.count('unsent') > 100, { timeoutMs: 30_000 });
    process.kill(server.pid, 'SIGCONT');
    expect(gaveUp).toBe(true);
    await waitFor(() => load.count('blocked') > 0, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.count('blocked')).toBeGreaterThan(0);
    expect(load.count('dropped')).toBe(0);
    expect(load.count('sent') + load.count('unsent')).toBe(load.count('due'));
    expect(load.count('ok') + load.count('unknown')).toBe(load.count('sent'));
    expect(load.histogram('lag').censoredTotal).toBe(load.count('unsent'));
    expect(load.histogram('schedule_delay').total).toBe(load.count('sent') - load.count('blocked'));
  });
});

describe('agents with a connection each', () => {
  it('have a socket each, spread over the servers, and are found by their own subjects', async () => {
    await using first = await startTestServer();
    await using second = await startTestServer();
    const load = agents({
      access: { servers: [...first.access.servers, ...second.access.servers] },
      seconds: 60,
      required: { agents: 100, every: '100ms', connections: 'per-agent', ramp: '0s' },
    });
    await load.start();
    await waitFor(() => load.count('ok') > 300, { timeoutMs: 20_000 });
    expect([await connectionsOf(first), await connectionsOf(second)]).toEqual([50, 50]);
    load.stop();
    await load.finished();
    expect(load.count('ok')).toBe(load.count('due'));
  });

  it('hear commands and answer them', async () => {
    await using server = await startTestServer();
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 0.8,
      required: {
        agents: 50,
        behavior: 'worker',
        every: '100ms',
        commands: '200/s',
        connections: 'per-agent',
        work: '5ms',
        ramp: '0s',
      },
    });
    const commands = ofType(seen, 'Command').length;
    expect(commands).toBeGreaterThan(150);
    expect(ofType(seen, 'Result')).toHaveLength(commands);
    expect(loads[0]!.count('ok')).toBe(loads[0]!.count('due'));
  });
});
