import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { SystemControl } from '../../src/contracts/control.js';
import type { ProbePlan } from '../../src/contracts/plan/steady-state.js';
import { Journal } from '../../src/engine/journal.js';
import { ProbeWatch } from '../../src/engine/probe-watch.js';
import { SteadyState } from '../../src/engine/steady-state.js';

const PLAN: ProbePlan = { name: 'open', kind: 'switch', params: {}, throughout: false };
let directory: string;
let journal: Journal;
let holds = true;
let storm = false;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-probe-watch-'));
  journal = new Journal(join(directory, 'journal.ndjson'));
  holds = true;
  storm = false;
});
afterEach(() => {
  journal.close();
  rmSync(directory, { recursive: true });
});

/** A watch over a switch that the test turns. What stormglass looks at by itself has no part in it. */
function watching(plan: ProbePlan) {
  const steadyState = new SteadyState({
    cluster: {} as Cluster,
    control: {} as SystemControl,
    streams: [],
    probes: [plan],
    createProbe: () => ({ look: async () => ({ holds, saw: holds ? 'on' : 'off' }) }),
  });
  const watch = new ProbeWatch({
    steadyState,
    probes: [plan],
    everyNs: 5 * NS.ms,
    journal,
    isStorm: () => storm,
  });
  const end = new AbortController();
  const done = watch.run(end.signal);
  const result = () => watch.results[0] as (typeof watch.results)[number];
  return {
    result,
    looksBeyond: async (count: number) => {
      const looks = () => result().steady.looks + result().faults.looks;
      const wanted = looks() + count;
      await waitFor(() => looks() > wanted, { timeoutMs: 30_000, everyMs: 5 });
    },
    end: async () => {
      end.abort();
      await done;
    },
  };
}

const journalled = () =>
  readFileSync(join(directory, 'journal.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the watch over the probes', () => {
  it('counts looks, and has nothing to say of what held', async () => {
    const watch = watching(PLAN);
    await watch.looksBeyond(3);
    await watch.end();
    const { steady, ...rest } = watch.result();
    expect(steady.looks).toBeGreaterThan(3);
    expect(steady.held).toBe(steady.looks);
    expect(rest).toMatchObject({ name: 'open', faults: { looks: 0, held: 0 }, longestAwayNs: 0 });
    expect(rest).not.toHaveProperty('missed');
  });

  it('forgives what a fault explains, and writes down when it came and went', async () => {
    const watch = watching(PLAN);
    await watch.looksBeyond(1);
    storm = true;
    await watch.looksBeyond(1);
    holds = false;
    await watch.looksBeyond(2);
    holds = true;
    await watch.looksBeyond(1);
    storm = false;
    await watch.looksBeyond(1);
    await watch.end();
    const { faults, longestAwayNs, missed } = watch.result();
    expect(faults.held).toBeLessThan(faults.looks);
    expect(longestAwayNs).toBeGreaterThan(0);
    expect(missed).toBeUndefined();
    expect(journalled()).toMatchObject([
      { type: 'probe', probe: 'open', holds: false, saw: 'off' },
      { type: 'probe', probe: 'open', holds: true, saw: 'on' },
    ]);
  });

  it.each([
    ['without a fault', PLAN, false],
    ['under a fault, where it must hold throughout', { ...PLAN, throughout: true }, true],
  ])('does not forgive what happens %s', async (_, plan, inStorm) => {
    const watch = watching(plan);
    storm = inStorm;
    await watch.looksBeyond(2);
    holds = false;
    await watch.looksBeyond(2);
    await watch.end();
    expect(watch.result()).toMatchObject({ missed: 'off' });
  });
});
