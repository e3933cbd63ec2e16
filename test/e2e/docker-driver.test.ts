import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { openEngine } from '../../src/processes/docker/open-engine.js';
import { findShapingLack } from '../../src/processes/docker/traffic-control.js';
import { Workplace } from '../support/cli.js';
import { dockerEngine, NEEDS_ENGINE, provideTestImage } from '../support/docker-engine.js';
import { DOCKER_ENV, LEADER_KILL, leftOnDocker, ON_DOCKER } from '../support/docker-run.js';

describe.skipIf(dockerEngine === undefined)(`a run with driver: docker${NEEDS_ENGINE}`, () => {
  it('is undone by the watchdog when it is killed in mid-fault', async () => {
    await provideTestImage(await openEngine(dockerEngine as string));
    await using place = new Workplace();
    const args = ['run', place.write('s.yaml', LEADER_KILL), '--out', place.reports, ...ON_DOCKER];
    const run = place.start(args, DOCKER_ENV);
    await place.event((event) => event.type === 'fault-observed', 'the fault');
    expect(await leftOnDocker(place)).toHaveLength(8);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await waitFor(async () => (await leftOnDocker(place)).length === 0, { timeoutMs: 30_000 })).toBe(
      true,
    );
    expect(await place.leftovers()).toEqual([]);
  });
});

const DELAY_LACK = await findShapingLack(true);

describe.skipIf(DELAY_LACK === undefined)('driver: docker on a kernel that cannot delay', () => {
  it('ends at the preflight, and says what is missing and what to do', async () => {
    await using place = new Workplace();
    const scenario = LEADER_KILL.replace(
      /^faults:.*$/m,
      'faults: [{ at: 2s, for: 2s, kind: latency, delay: 20ms, target: n1 }]',
    );
    const args = ['run', place.write('s.yaml', scenario), '--out', place.reports, ...ON_DOCKER];
    const end = await place.run(args);
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain('fault-1 (latency): links of containers cannot be shaped on this machine');
    expect(end.stderr).toContain('`driver: process` needs none of them');
    expect(await place.leftovers()).toEqual([]);
  });
});

describe('driver: docker where no engine answers', () => {
  it('ends at the preflight, and says what to do', async () => {
    await using place = new Workplace();
    const args = ['run', place.write('s.yaml', LEADER_KILL), '--out', place.reports, ...ON_DOCKER];
    const end = await place.run(args, { DOCKER_HOST: `unix://${place.root}/absent.sock` });
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain(`no Docker engine answers at unix://${place.root}/absent.sock`);
    expect(end.stderr).toContain('driver: process');
    expect(await place.leftovers()).toEqual([]);
  });
});
