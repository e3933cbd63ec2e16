import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fitPlan } from '../../../src/app/fit-plan.js';
import { PreflightError } from '../../../src/base/errors.js';
import { placeWorkers } from '../../../src/generators/place-workers.js';
import { plan, told } from '../../scenario/plugins.js';

const directory = mkdtempSync(join(tmpdir(), 'stormglass-agents-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const scenario = (keys: string): string => `version: 1
name: fleet
seed: 1
cluster: { driver: process, nodes: 1 }
events: { mix: [{ domain: fleet, types: [Heartbeat], size: 16B }] }
load: [{ name: fleet, kind: agents, for: 10s, ${keys} }]
`;

describe('agents in a scenario', () => {
  it.each([
    ['agents: 0', /expected more than 0/],
    ['agents: 20M', /at most 10M agents/],
    ['behavior: worker', /agents/],
    ['agents: 10, behavior: heartbeet', /no behaviour `heartbeet`.*Did you mean `heartbeat`/s],
    ['agents: 10, behavior: ./missing.ts', /missing\.ts is not there.*where the scenario is/s],
    ['agents: 10, every: 0s', /duration above zero/],
    ['agents: 10, commands: 10/s', /heartbeat agent takes no commands/],
    ['agents: 10, work: 50ms..5ms', /from the shorter to the longer/],
    ['agents: 10, think: 5', /duration with its unit/],
    ['agents: 10, fails: 200%', /at most 100%/],
    ['agents: 10, connections: many', /how many connections, up to 10000, or per-agent/],
    ['agents: 10, ramp: 10s', /over before all agents have started/],
    ['agents: 10, connections: 20', /20 connections are more than the 10 agents/],
    ['agents: 3, workers: 4, connections: 3', /more workers than the 3 agents/],
    ['agents: 1, behavior: conversation, connections: 1', /needs two agents at least/],
    ['agents: 10, failure: { down: 5s }', /every/],
    ['agents: 10, rate: 5/s', /follows|rate/],
    ['agents: 10, haert: 5s', /unknown key `haert`/],
  ])('with %s is refused', (keys, message) => {
    expect(JSON.stringify(told(scenario(keys)))).toMatch(message);
  });

  it('finds a behaviour where the scenario is', () => {
    const file = join(directory, 'thermostat.ts');
    writeFileSync(file, 'export default { start() {} };');
    const text = scenario('agents: 10, behavior: ./thermostat.ts');
    const { loads } = plan(text, { file: join(directory, 'fleet.yaml') });
    expect(loads[0]?.params.behavior).toBe(file);
  });
});

describe('docs/behaviors.md', () => {
  it('shows the behaviour that ships, which has fewer than thirty lines', () => {
    const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const shipped = read('scenarios/load/behaviors/thermostat.ts');
    expect(/```ts\n([\s\S]*?)```/.exec(read('docs/behaviors.md'))?.[1]).toBe(shipped);
    expect(shipped.trim().split('\n').length).toBeLessThan(30);
  });
});

describe('the sockets of agents', () => {
  const perAgent = plan(scenario('agents: 1000, connections: per-agent'));

  it('are shared out among as many workers as the open files of a process make necessary', () => {
    const workersAt = (openFiles: number | null) => fitPlan(perAgent, openFiles).loads[0]?.workers;
    expect(workersAt(null)).toBe(1);
    expect(workersAt(1200)).toBe(1);
    expect(workersAt(1199)).toBe(2);
    expect(workersAt(600)).toBe(3);
    expect(fitPlan(plan(scenario('agents: 1000, workers: 4')), 300).loads[0]?.workers).toBe(4);
  });

  it('are refused, with the limit and how to raise it, where no number of processes would do', () => {
    const attempt = () => fitPlan(perAgent, 202);
    expect(attempt).toThrow(PreflightError);
    expect(attempt).toThrow(/opens 1,000 sockets, and a process may have 202 files open here/);
    try {
      attempt();
    } catch (error) {
      expect((error as PreflightError).hint).toMatch(/ulimit -n 1024/);
    }
  });

  it('stay with our own process as far as it has room', () => {
    expect(placeWorkers([9, 9], 300)).toEqual([false, false]);
    expect(placeWorkers([400, 400, 9], 1100)).toEqual([false, false, false]);
    expect(placeWorkers([400, 400, 9], 1000)).toEqual([false, true, false]);
    expect(placeWorkers([400, 400, 9], 600)).toEqual([true, true, false]);
    expect(placeWorkers([1e6], null)).toEqual([false]);
  });
});
