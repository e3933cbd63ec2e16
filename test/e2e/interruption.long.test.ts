import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { scenarioText, Workplace } from '../support/cli.js';

const LONG = scenarioText({
  load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 60s, max-lateness: 60s }]',
  faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 30s }]',
});

describe('an interrupted run', () => {
  it('heals, checks what it has, writes every report and ends with 130 after Ctrl-C in mid-fault', async () => {
    await using place = new Workplace();
    const run = place.startScenario(LONG);
    await place.event((event) => event.type === 'fault-observed', 'the fault');
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(130);
    const summary = place.summary();
    expect(summary.verdict.exit).toBe('interrupted');
    expect(summary.faults[0]).toMatchObject({ status: 'reverted', kind: 'node-kill' });
    expect(summary.checks[0]).toMatchObject({ name: 'acked-loss', verdict: 'pass' });
    for (const file of ['plan.json', 'journal.ndjson', 'report.html', 'timeseries.csv', 'audit.ndjson']) {
      expect(existsSync(join(place.runDir(), file)), file).toBe(true);
    }
    expect(await place.leftovers()).toEqual([]);
  });

  it('is faster, and still clean, after a second Ctrl-C', async () => {
    await using place = new Workplace();
    const run = place.startScenario(LONG);
    await place.event((event) => event.type === 'fault-observed', 'the fault');
    run.child.kill('SIGINT');
    await place.event((event) => event.type === 'fault-reverted', 'the revert');
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(130);
    expect(place.summary().faults[0]?.status).toBe('reverted');
    expect(await place.leftovers()).toEqual([]);
  });

  it('ends with 143 after SIGTERM', async () => {
    await using place = new Workplace();
    // So many that wait for their time are nothing that Node should warn the user of.
    const later = Array.from(
      { length: 12 },
      (_, i) => `{ at: ${20 + 3 * i}s, for: 1s, kind: node-pause, target: n1 }`,
    );
    const faults = `[${later.join(', ')}]`;
    const load =
      '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 60s, max-lateness: 60s }]';
    const run = place.startScenario(scenarioText({ load, faults }));
    await place.phase('load');
    run.child.kill('SIGTERM');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(143);
    expect(end.stderr).not.toContain('Warning');
    expect(place.summary().verdict.exit).toBe('terminated');
    expect(await place.leftovers()).toEqual([]);
  });

  it.each(['preflight', 'cluster-up', 'steady-before', 'load', 'drain', 'final-read', 'check', 'report'])(
    'leaves nothing behind when Ctrl-C comes in phase %s',
    async (phase) => {
      await using place = new Workplace();
      const isAfterLoad = ['drain', 'final-read', 'check', 'report'].includes(phase);
      const text = scenarioText({
        load: `[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: ${isAfterLoad ? 2 : 60}s, max-lateness: 60s }]`,
      });
      const run = place.startScenario(text);
      await place.phase(phase);
      run.child.kill('SIGINT');
      const end = await run.ended;
      // A run may have its verdict before the signal reaches it, and does not claim to be stopped then.
      const hasVerdict = isAfterLoad && end.code === 0;
      if (hasVerdict) expect(end.stderr).not.toContain('reverting and checking');
      else expect(end.code, end.stderr).toBe(130);
      expect(await place.leftovers()).toEqual([]);
    },
  );
});

describe('a run that is interrupted before its load', () => {
  const historyBegun = (place: Workplace) => readdirSync(join(place.runDir(), 'history')).length > 0;

  it.each([
    ['are about to start', () => true],
    ['have connected and opened their history', historyBegun],
  ])('writes its reports when the generators %s', async (_, isReached) => {
    await using place = new Workplace();
    const run = place.startScenario(LONG);
    await place.event((event) => event.type === 'monitor', 'the monitor');
    expect(await waitFor(() => isReached(place), { timeoutMs: 60_000, everyMs: 2 })).toBe(true);
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(130);
    expect(end.stderr).not.toContain('unexpected');
    // The load may just have begun: then it has little to tell, but nothing of a bug and nothing left.
    const exits = place.summary().verdict.reasons.map(({ exit }) => exit);
    expect(exits).toContain('interrupted');
    expect(exits).not.toContain('unexpected');
    expect(exits).not.toContain('unreverted');
    expect(await place.leftovers()).toEqual([]);
  });
});

describe('a run that is killed with SIGKILL', () => {
  it('in the middle of a fault leaves no server, no worker, no watchdog, and its plan and journal', async () => {
    await using place = new Workplace();
    const run = place.startScenario(LONG);
    await place.event((event) => event.type === 'fault-observed', 'the fault');
    expect(place.serverPids().size).toBe(2);
    run.child.kill('SIGKILL');
    const end = await run.ended;
    expect(end.signal).toBe('SIGKILL');
    expect(await place.leftovers()).toEqual([]);
    expect(existsSync(join(place.runDir(), 'plan.json'))).toBe(true);
    expect(place.journal().some((event) => event.type === 'undo' && event.by === 'watchdog')).toBe(true);

    const recovered = await place.run(['recover']);
    expect(recovered.code, recovered.stderr).toBe(0);
    expect(recovered.stderr).toContain('nothing to recover');
  });

  it('together with its watchdog is cleaned up by `stormglass recover`, once and twice', async () => {
    await using place = new Workplace();
    const run = place.startScenario(LONG);
    await place.event((event) => event.type === 'fault-observed', 'the fault');
    const watchdog = place.running().find((line) => line.includes('watchdog'));
    process.kill(Number(watchdog?.split(' ')[0]), 'SIGKILL');
    run.child.kill('SIGKILL');
    await run.ended;
    expect(place.serverPids().size).toBe(2);

    const first = await place.run(['recover']);
    expect(first.code, first.stderr).toBe(0);
    expect(await place.leftovers()).toEqual([]);
    expect((await place.run(['recover'])).code).toBe(0);
  });
});
