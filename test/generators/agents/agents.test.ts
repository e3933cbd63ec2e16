import { describe, expect, it } from 'vitest';
import { startTestServer } from '../../support/nats-server.js';
import { groupBy, ofType, runAgents, type Seen } from './agents-under-test.js';

describe('agents', () => {
  it('beat each in their own rhythm, and every beat is counted where it was due', async () => {
    await using server = await startTestServer();
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 1,
      required: { agents: 500, every: '100ms', ramp: '0s', connections: 4 },
    });
    const [load] = loads;
    // A tenth of a second after the first, which is at a time drawn: ten each, or nine.
    expect(seen.length).toBeGreaterThan(500 * 9);
    expect(seen.length).toBeLessThanOrEqual(500 * 10);
    for (const counter of ['due', 'sent', 'ok'] as const) expect(load!.count(counter)).toBe(seen.length);
    expect(load!.count('bytes')).toBe(48 * seen.length);
    expect(load!.histogram('schedule_delay').total).toBe(seen.length);
    const beats = groupBy(seen, ({ body }) => body.agent!);
    expect(beats.size).toBe(500);
    for (const own of beats.values()) {
      own.forEach(({ dueUs }, i) => {
        expect(Math.abs(dueUs - own[0]!.dueUs - i * 100_000)).toBeLessThanOrEqual(1);
      });
      expect(own[0]!.dueUs).toBeLessThan(100_000);
    }
    // The first beats are spread over the tenth of a second.
    const firsts = [...beats.values()].map((own) => own[0]!.dueUs);
    for (let part = 0; part < 4; part++) {
      const within = firsts.filter((dueUs) => Math.floor(dueUs / 25_000) === part);
      expect(within.length).toBeGreaterThan(80);
    }
  });

  it('are writers, one for each connection, whose events come in order', async () => {
    await using server = await startTestServer();
    const { seen } = await runAgents({
      access: server.access,
      seconds: 0.5,
      required: { agents: 300, every: '50ms', ramp: '0s', connections: 3 },
    });
    const writers = groupBy(seen, ({ writer }) => String(writer));
    expect([...writers.keys()].sort()).toEqual(['0', '1', '2']);
    for (const own of writers.values()) {
      expect(own.map(({ sequence }) => sequence)).toEqual(own.map((_, i) => i));
      for (let i = 1; i < own.length; i++) {
        expect(own[i]!.dueUs).toBeGreaterThanOrEqual(own[i - 1]!.dueUs);
      }
    }
  });

  it('do the same at the same times by the same seed, however many workers there are', async () => {
    await using server = await startTestServer();
    const required = { agents: 60, behavior: 'workflow', every: '100ms', think: '5ms..50ms', steps: 3 };
    const run = async (workers: number) => {
      const { seen } = await runAgents({ access: server.access, seconds: 0.8, workers, required });
      const told = seen.map(({ body, dueUs, type }: Seen) => `${body.agent} ${dueUs} ${type} ${body.number}`);
      return told.sort();
    };
    const first = await run(1);
    expect(first.length).toBeGreaterThan(500);
    expect(await run(1)).toEqual(first);
    expect(await run(3)).toEqual(first);
  });

  it('start one after the other within the ramp', async () => {
    await using server = await startTestServer();
    const { seen } = await runAgents({
      access: server.access,
      seconds: 1,
      required: { agents: 100, every: '1ms', ramp: '500ms' },
    });
    const firstUs = [...groupBy(seen, ({ body }) => body.agent!)]
      .map(([agent, own]) => ({ agent: Number(agent), dueUs: own[0]!.dueUs }))
      .sort((a, b) => a.agent - b.agent);
    expect(firstUs).toHaveLength(100);
    for (const { agent, dueUs } of firstUs) {
      expect(dueUs).toBeGreaterThanOrEqual(agent * 5000);
      expect(dueUs).toBeLessThanOrEqual(agent * 5000 + 1000);
    }
  });

  it('keep their schedule: ten thousand of them, with commands', async () => {
    await using server = await startTestServer();
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 1.5,
      required: {
        agents: '10k',
        behavior: 'worker',
        every: '1s',
        commands: '2k/s',
        work: '1ms..5ms',
        ramp: '200ms',
      },
    });
    const [load] = loads;
    const commands = ofType(seen, 'Command');
    expect(commands.length).toBeGreaterThanOrEqual(2599);
    expect(commands.length).toBeLessThanOrEqual(2601);
    expect(ofType(seen, 'Result')).toHaveLength(commands.length);
    expect(new Set(ofType(seen, 'Heartbeat').map(({ body }) => body.agent)).size).toBeGreaterThan(9900);
    expect(load!.count('ok')).toBe(load!.count('due'));
    expect(load!.histogram('ack_latency').total).toBe(commands.length);
    expect(load!.count('dropped') + load!.count('unsent') + load!.count('unknown')).toBe(0);
  });
});
