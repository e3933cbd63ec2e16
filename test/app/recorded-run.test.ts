import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planRun } from '../../src/app/plan-run.js';
import { UsageError } from '../../src/base/errors.js';
import type { FaultPlan } from '../../src/contracts/plan/faults.js';
import { Journal } from '../../src/engine/journal.js';
import { createRunDirectory } from '../../src/engine/run-directory.js';
import { savePlan } from '../../src/engine/save-plan.js';
import { plan, VALID } from '../scenario/plugins.js';

const root = mkdtempSync(join(tmpdir(), 'stormglass-recorded-run-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const EVENTS = [
  { time: '2026-11-22T10:00:00.000Z', type: 'run-started' },
  { time: '2026-11-22T10:00:30.000Z', t: 20.1, type: 'fault-recorded', fault: 'fault-1' },
  { time: '2026-11-22T10:00:30.100Z', t: 20.2, type: 'fault-injected', fault: 'fault-1' },
];

let count = 0;
/** What a run leaves, as the engine writes it; with other texts in place of its files. */
function recorded(
  texts: { plan?: (text: string) => string; journal?: string } = {},
  scenario = VALID,
): string {
  const dir = createRunDirectory(root, 'run', `r${++count}`);
  const environment = {} as Parameters<typeof savePlan>[1]['environment'];
  savePlan(dir, {
    runId: `r${count}`,
    scenarioFile: 'shop.yaml',
    overrides: [],
    environment,
    plan: plan(scenario),
  });
  if (texts.plan) writeFileSync(dir.plan, texts.plan(readFileSync(dir.plan, 'utf8')));
  writeFileSync(dir.journal, texts.journal ?? EVENTS.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return dir.path;
}

const planOf = (replay: string, more = {}) => planRun({ replay, sets: [], ...more });

function refusal(work: () => unknown): { text: string; hint: string | undefined } {
  try {
    work();
  } catch (error) {
    if (error instanceof UsageError) return { text: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a run that is replayed', () => {
  it('has its own plan, with the faults as they were made', () => {
    const dir = recorded();
    const planned = planOf(dir);
    expect(planned).toMatchObject({ scenarioFile: 'shop.yaml', replay: { dir, own: true }, notes: [] });
    expect(planned.plan.faults.map(({ id, atNs, origin }) => [id, atNs, origin])).toEqual([
      ['fault-1', 20.1e9, `fault-1 of run r${count}`],
    ]);
    expect({ ...planned.plan, faults: [] }).toEqual({ ...plan(VALID), faults: [] });
  });

  it('gives its faults to a scenario that is named', () => {
    const file = join(root, 'other.yaml');
    writeFileSync(file, VALID.replace('name: partition', 'name: other').replace('at: 20s', 'at: 3s'));
    const planned = planOf(recorded(), { file, seed: 9 });
    expect(planned.plan).toMatchObject({ name: 'other', seed: 9 });
    expect(planned.plan.faults.map(({ atNs }) => atNs)).toEqual([20.1e9]);
  });

  it('may have been killed while it wrote a line', () => {
    const cut = `${EVENTS.map((event) => JSON.stringify(event)).join('\n')}\n{"time":"2026-`;
    expect(planOf(recorded({ journal: cut })).plan.faults).toHaveLength(1);
  });

  it('says what it has not made', () => {
    const more = VALID.replace(
      'checks:',
      '  - { at: 40s, kind: node-kill, target: n1, restart-after: 1s }\nchecks:',
    );
    expect(planOf(recorded({}, more)).notes).toEqual(['fault-2 was not made in that run, and is left out']);
  });
});

describe('what is no run that could be replayed', () => {
  it.each([
    ['is not there', () => join(root, 'nowhere'), 'plan.json is not there'],
    [
      'is a folder with something else in it',
      () => {
        mkdirSync(join(root, 'empty'));
        return join(root, 'empty');
      },
      'plan.json is not there',
    ],
    ['has half a plan', () => recorded({ plan: (text) => text.slice(0, 300) }), 'plan.json is no JSON'],
    [
      'has a plan of another format',
      () => recorded({ plan: (text) => text.replace('stormglass.plan/1', 'stormglass.plan/9') }),
      'has the format "stormglass.plan/9", and this stormglass reads stormglass.plan/1',
    ],
    ['has no plan of ours', () => recorded({ plan: () => '[]' }), 'says no format'],
    [
      'has a plan from before there were guards',
      () => recorded({ plan: (text) => text.replace('"guards"', '"wardens"') }),
      'plan.guards is missing or not as this stormglass writes it',
    ],
    [
      'has a fault from before faults had seeds of their own',
      () => recorded({ plan: (text) => text.replace(/"seed": \d+\n/, '"sead": 1\n') }),
      'plan.faults.0.seed is missing or not as this stormglass writes it',
    ],
    [
      'has a journal that was edited',
      () => recorded({ journal: `${JSON.stringify(EVENTS[0])}\nnothing\n${JSON.stringify(EVENTS[1])}\n` }),
      'journal.ndjson: line 2 is no event of a journal',
    ],
    ['made no fault', () => recorded({ journal: '' }), 'that run made no fault'],
    [
      'knows a kind of load that we do not',
      () => recorded({ plan: (text) => text.replace('"kind": "js-publish"', '"kind": "js-shout"') }),
      'this stormglass has no kind of load js-shout',
    ],
    [
      'knows a kind of fault that we do not',
      () => recorded({ plan: (text) => text.replace('"kind": "node-kill"', '"kind": "node-melt"') }),
      'there is no kind of fault `node-melt`',
    ],
    [
      'had secrets',
      () => recorded({ plan: (text) => text.replace('"params": {', '"params": { "password": "(secret)",') }),
      'had secrets, which are never written down',
    ],
  ])('%s', (_, dir, message) => {
    const { text } = refusal(() => planOf(dir()));
    expect(text).toContain(message);
  });

  it('cannot be changed without its scenario', () => {
    const dir = recorded();
    for (const [option, more] of [
      ['--seed', { seed: 3 }],
      ['--set', { sets: ['load.orders.rate=1/s'] }],
    ] as const) {
      const { text, hint } = refusal(() => planOf(dir, more));
      expect(text).toContain(`${option} changes a scenario`);
      expect(hint).toContain(`stormglass run shop.yaml --replay ${dir}`);
    }
  });

  it('is asked for where nothing is named', () => {
    expect(refusal(() => planRun({ sets: [] })).text).toBe('there is nothing to run');
  });
});

it('is refused where a fault by hand had a secret, which the journal does not have', () => {
  const dir = recorded();
  const file = join(dir, 'journal.ndjson');
  const journal = new Journal(file);
  journal.startLoad(0);
  const fault = { fault: 'hand-1', kind: 'own' };
  const { id: _, ...rest } = plan(VALID).faults[0] as FaultPlan;
  const byHand = { ...rest, id: 'hand-1', params: { module: 'm.ts', params: { token: 'hunter2' } } };
  journal.write('fault-recorded', { ...fault, plan: byHand });
  journal.write('fault-injected', fault);
  journal.close();
  expect(readFileSync(file, 'utf8')).toContain('"token":"(secret)"');
  expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
  expect(refusal(() => planOf(dir)).text).toMatch(/hand-1 of run r\d+ had secrets among its parameters/);
});
