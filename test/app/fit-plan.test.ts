import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fitPlan } from '../../src/app/fit-plan.js';
import { planScenario } from '../../src/app/plan-scenario.js';
import type { Plan } from '../../src/contracts/plan.js';

let directory: string;
let plan: Plan;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-fit-plan-'));
  const file = join(directory, 'fleet.yaml');
  writeFileSync(
    file,
    `version: 1
name: fleet
cluster: { driver: process, nodes: 1 }
events: { subject: 'cim.events.{domain}.{type}', mix: [{ domain: fleet, types: { Beat: 1 }, size: 64B }] }
load: [{ name: fleet, kind: agents, agents: 10k, connections: per-agent, for: 3s }]
`,
  );
  plan = planScenario({ file, sets: [] });
});
afterAll(() => rmSync(directory, { recursive: true }));

const workersWith = (openFiles: number | null) => fitPlan(plan, openFiles).loads[0]?.workers;

describe('a load of more sockets than a process may have files', () => {
  it('gets as many workers as each has room', () => {
    expect(workersWith(null)).toBe(1);
    expect(workersWith(20_000)).toBe(1);
    // 200 files are for what a process has open beside them.
    expect(workersWith(5_200)).toBe(2);
    expect(workersWith(1_200)).toBe(10);
  });

  it('is refused where no number of workers has room, with the limit and how to raise it', () => {
    expect(() => workersWith(220)).toThrow(
      /^load fleet opens 10,000 sockets, and a process may have 220 files open here/,
    );
    expect(() => workersWith(220)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/`ulimit -n \d+`/) }),
    );
  });
});
