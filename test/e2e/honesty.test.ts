import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';

/** Costly to make, and few bytes: a thread makes a twentieth of what is asked of it, and to its server that is nothing. */
const COSTLY = `{ template: '${'{{sequence 1}}'.repeat(256)}' }`;

describe('a run tells its own limits from the system’s', () => {
  it('is inconclusive where its own thread was the bottleneck: says which resource, who had it, what to change', async () => {
    await using place = new Workplace();
    const text = scenarioText({
      cluster: '{ driver: process, nodes: 1 }',
      streams: '[]',
      checks: '[]',
      load: '[{ name: firehose, kind: publish, domains: [telemetry], rate: 5M/s, for: 2s, backlog: 1s, batch: { events: 32, within: 20ms } }]',
    }).replace('size: 16B', `payload: ${COSTLY}`);
    const end = await place.runScenario(text);
    expect(end.code, end.stderr).toBe(7);
    expect(end.stderr).toMatch(
      /inconclusive: load firehose: the generator was the bottleneck, too slow for .* % of the operations .*\b(cores?|CPU|never rested|garbage collection)\b/,
    );
    // Which of them it is depends on who else uses this machine just now.
    expect(end.stderr).toMatch(/`workers|machine/);

    const { resources, verdict } = place.summary();
    expect(verdict.reasons.every(({ exit }) => exit === 'inconclusive')).toBe(true);
    // On a busy machine the monitor's thread may have been too slow as well, and is said to be.
    expect(resources.limits).toEqual(
      expect.arrayContaining([expect.objectContaining({ load: 'firehose', by: 'generator' })]),
    );
    expect(resources.users.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        'server n1',
        'generator firehose 0',
        'monitor monitor',
        'process stormglass',
        'machine machine',
      ]),
    );
    const server = resources.users.find(({ name }) => name === 'n1')?.figures;
    expect(server?.residentBytes?.max).toBeGreaterThan(1e6);
    expect(server?.openFiles?.max).toBeGreaterThan(3);
    expect(resources.clock?.errorNs).toBeGreaterThan(0);
    const rows = readFileSync(join(place.runDir(), 'resources.csv'), 'utf8').trimEnd().split('\n');
    expect(rows.some((row) => /^\d+,generator,firehose 0,0?\.?\d/.test(row))).toBe(true);
    expect(existsSync(join(place.runDir(), 'report.html'))).toBe(true);
  });

  it('does not pass where the server refused what it sent, and tells the server’s words', async () => {
    await using place = new Workplace();
    const permissions = { publish: { deny: ['cim.events.telemetry.>'] } };
    await using server = await startTestServer({
      config: { authorization: { users: [{ user: 'u', password: 'p', permissions }] } },
    });
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: `{ driver: external, servers: ['nats://${address}'], allow: ['${address}'], auth: { user: u, password: p } }`,
      streams: '[]',
      checks: '[]',
      load: '[{ name: firehose, kind: publish, domains: [telemetry], rate: 200/s, for: 1s, max-lateness: 60s }]',
    });
    const end = await place.runScenario(text, '--allow', address);
    expect(end.code, end.stderr).toBe(6);
    expect(end.stderr).toContain('Permissions Violation for Publish to "cim.events.telemetry.Sampled"');
    expect(end.stderr).toMatch(/notices +firehose: permission-violation 200 times/);
    const { loads, notices } = place.summary();
    expect(loads[0]?.total.counters).toMatchObject({ ok: 0, failed: 200 });
    expect(notices).toMatchObject([
      { load: 'firehose', worker: 0, kind: 'permission-violation', count: 200 },
    ]);
  });
});
