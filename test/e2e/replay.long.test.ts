import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/base/errors.js';
import type { JournalEvent } from '../../src/contracts/journal.js';
import type { SavedPlan } from '../../src/engine/save-plan.js';
import { scenarioText, Workplace } from '../support/cli.js';

let place: Workplace;
afterEach(() => place[Symbol.asyncDispose]());

/** Without acknowledgements: how many there are would depend on how long leaders are elected. */
const LOAD = '[{ name: orders, kind: publish, domains: [orders], rate: 500/s, for: 26s, max-lateness: 60s }]';
const UNJUDGED = { load: LOAD, checks: '[]' };

const linesOf = (dir: string): JournalEvent[] =>
  readFileSync(join(dir, 'journal.ndjson'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalEvent);

const savedOf = (dir: string): SavedPlan => JSON.parse(readFileSync(join(dir, 'plan.json'), 'utf8'));

/** What was made, in the order in which it was. */
const madeIn = (dir: string) =>
  linesOf(dir)
    .filter(({ type }) => type === 'fault-injected')
    .map(({ fault, kind, targets, t }) => ({ fault, kind, targets, t }));

describe('a run with a sequence that waits for a condition', () => {
  it('makes it when the condition holds, and its replay makes the same faults at the same times', async () => {
    place = new Workplace();
    const faults = `
  - when: messages(ORDERS) > 600
    within: 20s
    sequence:
      - { kind: node-kill, target: one, restart-after: 1s }
      - { kind: node-kill, target: stream-leader(ORDERS), restart-after: 1s }`;
    const file = place.write('waits.yaml', scenarioText({ ...UNJUDGED, faults }));
    const first = await place.run(['run', file, '--out', place.reports]);
    expect([first.code, first.stderr]).toEqual([EXIT.ok, expect.any(String)]);
    const dir = place.runDir();
    const was = madeIn(dir);
    expect(was.map(({ fault }) => fault)).toEqual(['fault-1', 'fault-2']);
    const condition = linesOf(dir).find(({ type }) => type === 'condition');
    expect(condition).toMatchObject({ fault: 'fault-1', condition: 'messages(ORDERS) > 600' });
    expect(condition?.t).toBeLessThanOrEqual(was[0]?.t ?? 0);

    const again = await place.run(['run', '--replay', dir, '--out', place.reports]);
    expect([again.code, again.stderr]).toEqual([EXIT.ok, expect.any(String)]);
    const replayDir = place.runDirs().find((each) => each !== dir) as string;
    const is = madeIn(replayDir);
    expect(is.map(({ fault, kind }) => [fault, kind])).toEqual(was.map(({ fault, kind }) => [fault, kind]));
    // Who was drawn is the same node; who leads may have changed.
    expect(is[0]?.targets).toEqual(was[0]?.targets);
    const { plan, replay } = savedOf(replayDir);
    const original = savedOf(dir);
    expect(replay).toEqual({ dir, own: true });
    for (const [i, fault] of plan.faults.entries()) {
      expect(fault).toMatchObject({
        origin: `fault-${i + 1} of run ${original.runId}`,
        target: original.plan.faults[i]?.target,
        params: original.plan.faults[i]?.params,
        seed: original.plan.faults[i]?.seed,
      });
      expect(fault.when ?? fault.follows).toBeUndefined();
      // When it was made, and not before: what comes later is the machine's.
      const recorded = linesOf(dir).find(
        ({ type, fault: id }) => type === 'fault-recorded' && id === fault.id,
      );
      expect(fault.atNs / 1e9).toBeCloseTo(recorded?.t ?? Number.NaN, 3);
      expect(is[i]?.t).toBeGreaterThanOrEqual(recorded?.t ?? Number.NaN);
    }
    expect(linesOf(replayDir).some(({ type }) => type === 'condition')).toBe(false);
    expect(await place.leftovers()).toEqual([]);
  });

  it('misses an expectation when the condition never holds, and makes nothing of the sequence', async () => {
    place = new Workplace();
    const faults = `
  - when: backlog(ORDERS) > 1M
    within: 1500ms
    sequence:
      - { kind: node-kill, target: one, restart-after: 1s }
      - { kind: node-kill, target: one, restart-after: 1s }`;
    const load = LOAD.replace('for: 26s', 'for: 4s');
    const file = place.write('never.yaml', scenarioText({ ...UNJUDGED, faults, load }));
    const { code, stderr } = await place.run(['run', file, '--out', place.reports]);
    expect(code).toBe(EXIT.expectation);
    expect(stderr).toContain('did not run: backlog(ORDERS) > 1M did not hold within 1.5 s');
    expect(place.summary().faults.map(({ status, detail }) => [status, detail])).toEqual([
      ['not-run', 'backlog(ORDERS) > 1M did not hold within 1.5 s'],
      ['not-run', 'fault-1, which it follows, was not made and healed'],
    ]);
    const nothing = await place.run(['run', '--replay', place.runDir()]);
    expect(nothing.code, nothing.stderr).toBe(EXIT.usage);
    expect(nothing.stderr).toContain('that run made no fault');
    expect(await place.leftovers()).toEqual([]);
  });
});
