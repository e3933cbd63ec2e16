import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { planScenario } from '../../src/app/plan-scenario.js';
import { EXIT } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import { scenarioText, Workplace } from '../support/cli.js';

let place: Workplace;
afterEach(() => place[Symbol.asyncDispose]());

/** Of these, one loses what was acknowledged: the stream is in the memory of the node that is killed. */
const FAULTS = `
  - { at: 1500ms, kind: node-kill, target: stream-leader(ORDERS), restart-after: 1s }
  - { at: 4s, kind: node-pause, target: n3, for: 300ms }
  - { at: 5s, kind: connection-storm, target: n2, for: 1s, connections: 10 }
  - { at: 6s, kind: publish-storm, target: n2, for: 1s, rate: 100/s }
  - { at: 6s, kind: cpu-pressure, target: n3, for: 1s, workers: 1, load: 10% }`;

const lossy = (): string =>
  scenarioText({
    streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1, storage: memory }]',
    load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 9s, max-lateness: 30s, ack-timeout: 2s }]',
    faults: FAULTS,
    limits: '{ steady: 20s, drain: 10s, final-read: 20s }',
  });

const linesOf = (file: string): number => readFileSync(file, 'utf8').split('\n').filter(Boolean).length;

describe('a run with five faults, of which one loses what was acknowledged', () => {
  it('is shrunk to that one and less load, goes on where it was ended, and what is written fails, too', {
    timeout: 1_200_000,
  }, async () => {
    place = new Workplace();
    const first = await place.run(['run', place.write('lossy.yaml', lossy()), '--out', place.reports]);
    expect([first.code, first.stderr]).toEqual([EXIT.safety, expect.stringContaining('acked-loss')]);
    const dir = place.runDir();
    const small = join(place.root, 'found', 'small.yaml');
    const args = ['shrink', dir, '--out', small, '--repeat', '1', '--runs', '9'];

    // Ctrl-C, as soon as there is something to keep.
    const ended = place.start(args);
    const log = join(dir, 'shrink.ndjson');
    await waitFor(() => existsSync(log) && linesOf(log) >= 3, { timeoutMs: 600_000 });
    ended.child.kill('SIGINT');
    expect((await ended.ended).code).toBe(EXIT.interrupted);
    expect((await place.run(['validate', small])).code).toBe(EXIT.ok);

    const { code, stdout, stderr } = await place.run([...args, '--json']);
    expect([code, stderr]).toEqual([EXIT.ok, expect.stringContaining('of before known')]);
    expect(JSON.parse(stdout)).toMatchObject({ exit: 'ok', file: small, smallest: { fails: 1, runs: 1 } });
    const text = readFileSync(small, 'utf8');
    expect(text).toMatch(/^# Shrunk by stormglass from run \w+ of lossy\.yaml \(short\), seed 7\.\n/);
    expect(text).toContain('# Fails with exit code 5: acked-loss');
    expect(text).toContain('# It failed in 1 of 1 run; the run as it was, in 1 of 1 run.');
    const { faults, loads } = planScenario({ file: small, sets: [] });
    expect(faults.map(({ kind, target }) => [kind, target])).toEqual([
      ['node-kill', { role: 'stream-leader', stream: 'ORDERS' }],
    ]);
    expect(faults[0]?.forNs).toBeLessThan(1e9);
    const [{ schedule } = { schedule: undefined }] = loads;
    expect(schedule?.mode === 'open' && (schedule.stages[0]?.toPerSec ?? 0)).toBeLessThan(200);
    // One folder is kept: of the last run of what was written.
    expect(readdirSync(join(dir, 'shrink'))).toHaveLength(1);

    const again = await place.run(['run', small, '--out', join(place.root, 'again')]);
    expect([again.code, again.stderr]).toEqual([EXIT.safety, expect.stringContaining('acked-loss')]);
    expect(await place.leftovers()).toEqual([]);
  });
});
