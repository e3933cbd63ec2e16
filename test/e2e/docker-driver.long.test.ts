import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/processes/docker/open-engine.js';
import { Workplace } from '../support/cli.js';
import { dockerEngine, NEEDS_ENGINE, provideTestImage } from '../support/docker-engine.js';
import { DOCKER_ENV, LEADER_KILL, leftOnDocker, ON_DOCKER } from '../support/docker-run.js';

describe.skipIf(dockerEngine === undefined)(`a run with driver: docker${NEEDS_ENGINE}`, () => {
  it('kills the container of a stream leader, loses nothing and leaves nothing', async () => {
    await provideTestImage(await openEngine(dockerEngine as string));
    await using place = new Workplace();
    const args = ['run', place.write('s.yaml', LEADER_KILL), '--out', place.reports, ...ON_DOCKER];
    const end = await place.run(args, DOCKER_ENV);
    expect(end.stderr).not.toContain('unexpected');
    expect(place.summary().faults).toMatchObject([{ status: 'reverted', kind: 'node-kill' }]);
    expect(place.summary().checks).toMatchObject([{ name: 'acked-loss', verdict: 'pass' }]);
    expect(end.code, end.stderr).toBe(0);
    expect(await leftOnDocker(place)).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });
});
