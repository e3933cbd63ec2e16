import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { openEngine } from '../../src/processes/docker/open-engine.js';
import { findMarkedThings } from '../../src/processes/docker/remove-marked.js';
import { findShapingLack } from '../../src/processes/docker/traffic-control.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { dockerEngine, NEEDS_ENGINE, provideTestImage } from '../support/docker-engine.js';

const SCENARIO = scenarioText({
  cluster: '{ driver: process, nodes: 3 }',
  // An election, which takes up to nine seconds, is less than half of it.
  load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 20s, max-lateness: 30s }]',
  faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 2s }]',
});

/** The same scenario, on containers. */
const ON_DOCKER = ['--set', 'cluster.driver=docker', '--set', 'cluster.image=stormglass-test-nats:scratch'];

describe.skipIf(dockerEngine === undefined)(`a run with driver: docker${NEEDS_ENGINE}`, () => {
  const env = { DOCKER_HOST: dockerEngine as string };
  const leftOf = async (place: Workplace): Promise<string[]> => {
    const docker = await openEngine(dockerEngine as string);
    const mark = place.journal().find(({ type }) => type === 'run-started')?.run as string;
    const { containers, networks, volumes } = await findMarkedThings(docker, mark);
    return [...containers, ...networks, ...volumes];
  };

  it('kills the container of a stream leader, loses nothing and leaves nothing', async () => {
    await provideTestImage(await openEngine(dockerEngine as string));
    await using place = new Workplace();
    const args = ['run', place.write('s.yaml', SCENARIO), '--out', place.reports, ...ON_DOCKER];
    const end = await place.run(args, env);
    expect(end.stderr).not.toContain('unexpected');
    expect(place.summary().faults).toMatchObject([{ status: 'reverted', kind: 'node-kill' }]);
    expect(place.summary().checks).toMatchObject([{ name: 'acked-loss', verdict: 'pass' }]);
    expect(end.code).toBe(0);
    expect(await leftOf(place)).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('is undone by the watchdog when it is killed in mid-fault', async () => {
    await provideTestImage(await openEngine(dockerEngine as string));
    await using place = new Workplace();
    const args = ['run', place.write('s.yaml', SCENARIO), '--out', place.reports, ...ON_DOCKER];
    const run = place.start(args, env);
    await place.event((event) => event.type === 'fault-observed', 'the fault');
    expect(await leftOf(place)).toHaveLength(8);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await waitFor(async () => (await leftOf(place)).length === 0, { timeoutMs: 30_000 })).toBe(true);
    expect(await place.leftovers()).toEqual([]);
  });
});

const DELAY_LACK = await findShapingLack(true);

describe.skipIf(DELAY_LACK === undefined)('driver: docker on a kernel that cannot delay', () => {
  it('ends at the preflight, and says what is missing and what to do', async () => {
    await using place = new Workplace();
    const scenario = SCENARIO.replace(
      /^faults:.*$/m,
      'faults: [{ at: 2s, for: 2s, kind: latency, delay: 20ms, target: n1 }]',
    );
    const args = ['run', place.write('s.yaml', scenario), '--out', place.reports, ...ON_DOCKER];
    const end = await place.run(args);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain('fault-1 (latency): links of containers cannot be shaped on this machine');
    expect(end.stderr).toContain('`driver: process` needs none of them');
    expect(await place.leftovers()).toEqual([]);
  });
});

describe('driver: docker where no engine answers', () => {
  it('ends at the preflight, and says what to do', async () => {
    await using place = new Workplace();
    const args = ['run', place.write('s.yaml', SCENARIO), '--out', place.reports, ...ON_DOCKER];
    const end = await place.run(args, { DOCKER_HOST: `unix://${place.root}/absent.sock` });
    expect(end.code).toBe(3);
    expect(end.stderr).toContain(`no Docker engine answers at unix://${place.root}/absent.sock`);
    expect(end.stderr).toContain('driver: process');
    expect(await place.leftovers()).toEqual([]);
  });
});
