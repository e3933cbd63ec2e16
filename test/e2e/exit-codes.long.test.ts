import { chmodSync, copyFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../src/contracts/journal.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { natsServerPath } from '../support/nats-server.js';

const load = (seconds: number) =>
  `[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: ${seconds}s, max-lateness: 30s }]`;

/** The exit codes for which a run has to wait: see exit-codes.test.ts for the others. */
describe('stormglass run ends with', () => {
  it('6 when a node crashed that nobody had asked to', async () => {
    await using place = new Workplace();
    const text = scenarioText({ load: load(8), limits: '{ steady: 20s }' });
    const run = place.startScenario(text);
    await place.phase('load');
    // A follower: the load goes on, and the crash is all that there is to say.
    const isElection = (event: JournalEvent) => event.type === 'election' && event.stream === 'ORDERS';
    await place.event(isElection, 'a leader');
    // On a busy machine there may have been another since.
    const leader = place.journal().filter(isElection).at(-1)?.leader;
    const [node, pid] = [...place.serverPids()].find(([name]) => name !== leader) as [string, number];
    process.kill(pid, 'SIGKILL');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(6);
    expect(end.stderr).toContain(`node ${node} crashed`);
    expect(await place.leftovers()).toEqual([]);
  });

  it('8 when a node does not start again, saying so', async () => {
    await using place = new Workplace();
    const server = join(place.root, 'nats-server');
    copyFileSync(natsServerPath(), server);
    chmodSync(server, 0o755);
    const text = scenarioText({
      load: load(16),
      // Time to take its program away, on a busy machine, too.
      faults: '[{ at: 1s, kind: node-kill, target: n2, restart-after: 12s }]',
      limits: '{ heal: 3s, steady: 20s }',
    });
    const run = place.startScenario(text, '--nats-server', server);
    // Its servers run, and need the program no more until one is started again.
    await place.phase('load');
    unlinkSync(server);
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(8);
    expect(end.stderr).toContain('n2');
    expect(place.summary().faults[0]?.status).toBe('unreverted');
    expect(await place.leftovers()).toEqual([]);
  });
});
