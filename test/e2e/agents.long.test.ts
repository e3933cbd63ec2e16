import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { externalCluster, Workplace } from '../support/cli.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';

const THERMOSTAT = fileURLToPath(new URL('../../scenarios/load/behaviors/thermostat.ts', import.meta.url));

const scenario = ({ access, monitorUrl }: TestServer, keys: string): string => {
  const { host, port } = access.servers[0]!;
  return `version: 1
name: fleet
seed: 3
cluster: ${externalCluster(`${host}:${port}`, monitorUrl)}
events: { mix: [{ domain: fleet, types: [Heartbeat], size: 48B }] }
load: [{ name: fleet, kind: agents, max-lateness: 60s, ${keys} }]
monitor: { port: 0 }
`;
};

/** `run`, with the consent to load the server. */
const run = (file: string, { port }: TestServer): string[] => ['run', file, '--allow', `127.0.0.1:${port}`];

const generatorsOf = (place: Workplace): string[] =>
  place.running().filter((line) => /entries.generator\.js/.test(line));

describe('agents from the command line', () => {
  it('behave as a file of TypeScript says that the scenario names', async () => {
    await using server = await startTestServer();
    await using place = new Workplace();
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    const types = new Map<string, number>();
    const alarms: string[] = [];
    connection.subscribe('cim.events.agents.*', {
      callback: (_, { subject, data }) => {
        const type = subject.split('.')[3]!;
        types.set(type, (types.get(type) ?? 0) + 1);
        if (type === 'Overheated') alarms.push(Buffer.from(data.subarray(16)).toString());
      },
    });
    await connection.flush();
    const file = place.write(
      'fleet.yaml',
      scenario(
        server,
        `agents: 200, behavior: ${THERMOSTAT}, options: { limit: 21.5 }, every: 200ms, commands: 50/s, ramp: 0s, for: 2s`,
      ),
    );
    const end = await place.run(run(file, server));
    // What the server has given to us comes before its answer.
    await connection.flush();
    await connection.close();
    expect(end.stderr).toMatch(/fleet: 200 agents over 9 sockets, \d+ B an agent/);
    expect(end.code, end.stderr).toBe(0);
    const { total, crowd } = place.summary().loads[0]!;
    expect(crowd).toMatchObject({ agents: 200, sockets: 9, processes: 0 });
    expect(types.get('Measured')).toBeGreaterThan(200 * 9);
    expect(types.get('Measured')).toBeLessThanOrEqual(200 * 10);
    expect(types.get('Overheated')).toBe(alarms.length);
    for (const alarm of alarms) expect(alarm).toMatch(/^\{"agent":"\d{7}","alarm":\d+\}$/);
    expect(alarms.length).toBeGreaterThan(0);
    expect(total.counters.received).toBe(total.counters.ok);
    expect(total.counters.lost).toBe(0);
    expect(total.latency.ack_latency?.count).toBeGreaterThan(90);
    expect(await place.leftovers()).toEqual([]);
  });

  it('have generator processes where the open files of one do not suffice', async () => {
    await using server = await startTestServer();
    await using place = new Workplace();
    const file = place.write(
      'fleet.yaml',
      scenario(
        server,
        'agents: 500, behavior: heartbeat, every: 400ms, connections: per-agent, ramp: 0s, for: 6s',
      ),
    );
    const started = place.start(run(file, server), {}, 400);
    await waitFor(() => generatorsOf(place).length === 2, { timeoutMs: 60_000 });
    const end = await started.ended;
    expect(end.stderr).toMatch(/500 agents over 500 sockets, \d+ B an agent, 2 generator processes/);
    expect(end.code, end.stderr).toBe(0);
    const { loads, resources } = place.summary();
    const { name, total, crowd } = loads[0]!;
    expect(crowd).toMatchObject({ agents: 500, sockets: 500, processes: 2 });
    const looked = resources.users.filter((user) => user.kind === 'process' && user.name.startsWith(name));
    expect(looked).toHaveLength(2);
    for (const { figures } of looked) expect(figures.residentBytes?.max).toBeGreaterThan(1e6);
    expect(total.counters.ok).toBe(total.counters.due);
    expect(total.counters.received).toBe(total.counters.due);
    expect(total.counters.due).toBeGreaterThan(500 * 10);
    expect(await place.leftovers()).toEqual([]);
  });

  it('leave no process behind when the run is killed', async () => {
    await using server = await startTestServer();
    await using place = new Workplace();
    const file = place.write(
      'fleet.yaml',
      scenario(server, 'agents: 500, every: 1s, connections: per-agent, for: 120s'),
    );
    const started = place.start(run(file, server), {}, 400);
    await place.phase('load');
    expect(generatorsOf(place)).toHaveLength(2);
    started.child.kill('SIGKILL');
    await started.ended;
    expect(await place.leftovers()).toEqual([]);
    const gone = await waitFor(
      async () => {
        const varz = (await (await fetch(`${server.monitorUrl}/varz`)).json()) as { connections: number };
        return varz.connections === 0;
      },
      { timeoutMs: 30_000 },
    );
    expect(gone).toBe(true);
  });

  it('are refused before anything starts, with what to do, when they cannot be had', async () => {
    await using server = await startTestServer();
    await using place = new Workplace();
    place.write('broken.ts', 'export default {\n  start(agent) {\n    agent.publish(;\n  },\n};\n');
    const broken = place.write(
      'broken.yaml',
      scenario(server, 'agents: 10, connections: 1, behavior: ./broken.ts, for: 3s'),
    );
    const refused = await place.run(run(broken, server));
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toMatch(/broken\.ts does not load: .*Unexpected token.*broken\.ts:3:\d+/);
    expect(await place.leftovers()).toEqual([]);
  });
});
