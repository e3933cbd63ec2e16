import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

const long = (parts: Parameters<typeof scenarioText>[0]) =>
  scenarioText({
    load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 100s, max-lateness: 30s }]',
    ...parts,
  });

describe('a run that is to be aborted', () => {
  it('on a condition heals its faults, ends early and says which and at which value', async () => {
    await using place = new Workplace();
    // The fault has begun by then, even where that takes it seconds.
    const scenario = long({
      faults: '[{ at: 1s, kind: node-kill, target: n3, restart-after: 90s }]',
      guards: '{ abort-on: ["messages(ORDERS) > 1000"] }',
    });
    const end = await place.runScenario(scenario);
    expect(end.code, end.stderr).toBe(6);
    const { verdict, faults, loadNs } = place.summary();
    expect(verdict.headline).toMatch(/aborted, for messages\(ORDERS\) > 1000: messages of ORDERS = [\d,]+/);
    expect(faults[0]).toMatchObject({ status: 'reverted' });
    expect(loadNs).toBeLessThan(60e9);
    expect(await place.leftovers()).toEqual([]);
  });

  it('by its stop file ends as on Ctrl-C, and does not begin while that is there', async () => {
    await using place = new Workplace();
    const scenario = place.write('s.yaml', long({ guards: '{ stop-file: ./STOP }' }));
    const run = place.start(['run', scenario, '--out', place.reports]);
    await place.phase('load');
    const stop = join(place.root, 'STOP');
    writeFileSync(stop, '');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(130);
    expect(place.summary().verdict.headline).toBe(`interrupted: stopped by the stop file ${stop}`);
    const again = await place.run(['run', scenario, '--out', place.reports]);
    expect(again.code, again.stderr).toBe(3);
    expect(again.stderr).toContain(`the stop file ${stop} is there`);
    expect(place.runDirs()).toHaveLength(1);
    expect(await place.leftovers()).toEqual([]);
  });
});
