import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

const load =
  '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 6s, max-lateness: 30s }]';

describe.concurrent('faults that act on nodes', () => {
  it('heals two kills of one node that follow each other within a second', async () => {
    await using place = new Workplace();
    const kill = (at: string) => `{ at: ${at}, kind: node-kill, target: n2, restart-after: 300ms }`;
    // An election, where n2 led the stream, is less than half of it.
    const scenario = scenarioText({
      load: load.replace('6s', '20s'),
      faults: `[${kill('1s')}, ${kill('1400ms')}]`,
    });
    const end = await place.run(['run', place.write('two.yaml', scenario), '--out', place.reports]);

    expect(place.summary().faults).toMatchObject([{ status: 'reverted' }, { status: 'reverted' }]);
    expect(end.code, end.stderr).toBe(0);
    expect(await place.leftovers()).toEqual([]);
  });

  it("says in the server's own words that a node does not start again, and ends the run in order", async () => {
    await using place = new Workplace();
    const limits = '{ heal: 2s, steady: 20s }';
    // Time to put something in the way of its start, on a busy machine, too.
    const faults = '[{ at: 1s, kind: node-kill, target: n2, restart-after: 12s }]';
    const scenario = scenarioText({ load: load.replace('6s', '16s'), faults, limits });
    const file = place.write('broken.yaml', scenario);
    const run = place.start(['run', file, '--out', place.reports]);
    await place.event(({ type }) => type === 'fault-injected', 'its fault');
    const [workDir = ''] = readdirSync(place.temp).filter((name) => name.startsWith('stormglass-'));
    const store = join(place.temp, workDir, 'n2');
    rmSync(store, { recursive: true });
    writeFileSync(store, 'no directory');
    const end = await run.ended;

    expect(end.code, end.stderr).toBe(8);
    const [fault] = place.summary().faults;
    expect(fault).toMatchObject({ status: 'unreverted' });
    expect(fault?.detail).toMatch(
      /^start node n2 again: n2 ended again at once: exit code 1: .*\[FTL\].*not a directory/s,
    );
    expect(place.summary().verdict.leftBehind).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });
});
