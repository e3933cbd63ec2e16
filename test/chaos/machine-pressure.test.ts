import { afterAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { cpuPressure } from '../../src/chaos/cpu-pressure.js';
import { memoryPressure } from '../../src/chaos/memory-pressure.js';
import { MemoryShare } from '../../src/chaos/pressure/memory-share.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import type { FaultKind } from '../../src/contracts/fault.js';
import type { Machine } from '../../src/contracts/machine.js';
import { endMarked } from '../../src/processes/end-process.js';
import { isAlive } from '../../src/processes/identity.js';
import { findMarked, RUN_MARK } from '../../src/processes/run-mark.js';
import type { ParameterSchema } from '../../src/scenario/plugins.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { clusterUnderPressure } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';
import { runWithHelper } from '../support/run-with-helper.js';

const MIB = 2 ** 20;
const DEAD_RUN = `pressed-${process.pid}`;

const place = clusterUnderPressure({ nodes: 1 });
afterAll(() => endMarked(DEAD_RUN, { graceMs: 0 }));

const pressing = (
  kind: FaultKind & { readonly schema: ParameterSchema },
  params: Record<string, unknown>,
  options: { readonly id?: string } = {},
) => new FaultUnderTest(place.scene, kind, kind.schema.parse(params), ['n1'], options);

const helpersOf = ({ context }: FaultUnderTest) =>
  context.machine.findHelpers(context.runId, `--fault=${context.id}`);

const sightings = (evidence: { looks: readonly { at: string; saw: string }[] }) =>
  evidence.looks.map(({ at, saw }) => `${at}: ${saw}`).join('\n');

describe('cpu-pressure', () => {
  it('takes its share of the cores, which the system says, and is undone', async () => {
    const pressed = pressing(cpuPressure, { workers: 1, load: '60%', nice: 5 });
    await pressed.inject();
    expect(pressed.records).toMatchObject([
      { kind: 'end-fault-processes', mark: place.test.runId, tag: '--fault=fault-1' },
    ]);
    const during = await pressed.observe('during');
    expect(during.holds).toBe(true);
    expect(sightings(during)).toMatch(/process \d+ runs/);
    expect(sightings(during)).toMatch(/of the 0\.60 cores that it wants/);
    expect(await pressed.fault.observe(pressed.context, 'after')).toMatchObject({ holds: false });

    expect(await pressed.undo()).toMatchObject([{ undone: true, detail: 'ended 1' }]);
    expect(await pressed.observe('after')).toMatchObject({ holds: true });
    expect(await helpersOf(pressed)).toEqual([]);
  });

  it('is undone by its record alone, twice, and the servers stay', async () => {
    const pressed = pressing(cpuPressure, { workers: 1, load: '10%', cpus: '0' });
    await pressed.inject();
    const [helper] = (await helpersOf(pressed)) as [ProcessIdentity];
    // Its arguments say no more than who started it.
    expect(await pressed.undoByData()).toMatchObject([{ undone: true, detail: 'ended 1' }]);
    expect(isAlive(helper)).toBe(false);
    expect(await pressed.undoByData()).toMatchObject([{ undone: true, detail: 'none was running' }]);
    expect(await place.cluster.lookAtProcess('n1')).toMatchObject({ state: 'running' });
  });

  it('ends the processes of its own fault alone', async () => {
    const [one, other] = ['fault-1', 'fault-11'].map((id) =>
      pressing(cpuPressure, { workers: 1, load: '1%' }, { id }),
    ) as [FaultUnderTest, FaultUnderTest];
    await Promise.all([one.inject(), other.inject()]);
    await one.undo();
    expect(await helpersOf(one)).toEqual([]);
    expect(await helpersOf(other)).toHaveLength(1);
    expect(await one.observe('after')).toMatchObject({ holds: true });
    await other.undo();
  });

  it('has no effect when its process is gone, or does not get to compute', async () => {
    const pressed = pressing(cpuPressure, { workers: 1, load: '1%' });
    await pressed.inject();
    const [helper] = (await helpersOf(pressed)) as [ProcessIdentity];
    process.kill(helper.pid, 'SIGKILL');
    await waitFor(() => !isAlive(helper), { timeoutMs: 30_000, everyMs: 10 });
    const during = await pressed.fault.observe(pressed.context, 'during');
    expect(during.holds).toBe(false);
    expect(sightings(during)).toContain('pressure process: none runs');
    await pressed.undo();
  });

  it('ends by itself when its time is over and nobody has ended it', async () => {
    const helper = await place.scene.machine.startHelper({
      runId: place.test.runId,
      tag: '--fault=forgotten',
      task: { do: 'burn-cpu', threads: 1, load: 1 },
      // It has to be at work before that, on a busy machine too.
      maxMs: 5_000,
      signal: new AbortController().signal,
    });
    expect(await waitFor(() => helper.end(), { timeoutMs: 20_000 })).toMatch(/^ended with code 0/);
    expect(isAlive(helper.process)).toBe(false);
  });

  it('says why its process could not begin', async () => {
    const absurd = pressing(cpuPressure, { workers: 1, cpus: '4095' });
    await expect(absurd.inject()).rejects.toThrow(/its process ended with code .*taskset/);
    expect(await helpersOf(absurd)).toEqual([]);
  });

  it('refuses more threads than a machine has use for, and shares that are none', async () => {
    const few = { usage: () => ({ cores: 2, busyNs: 0, availableBytes: 0 }) } as Machine;
    expect(await cpuPressure.findLack(cpuPressure.schema.parse({ workers: 17 }), few)).toMatchObject({
      what: '17 threads would compute, and 16 are the most for a machine of 2 cores',
    });
    expect(await cpuPressure.findLack(cpuPressure.schema.parse({ workers: 16 }), few)).toBeUndefined();
    for (const params of [
      { load: '0%' },
      { load: '101%' },
      { workers: 257 },
      { nice: 20 },
      { cpus: '0;1' },
    ]) {
      expect(() => cpuPressure.schema.parse(params), JSON.stringify(params)).toThrow();
    }
  });
});

describe('memory-pressure', () => {
  it('holds what it was told to, which the system says, and gives it back', async () => {
    const pressed = pressing(memoryPressure, { size: '96MiB', reserve: '256MiB' });
    await pressed.inject();
    const during = await pressed.observe('during');
    expect(during.holds).toBe(true);
    expect(sightings(during)).toMatch(/resident of the 96 MiB that it was to take/);
    const [helper] = (await helpersOf(pressed)) as [ProcessIdentity];
    const used = await place.scene.machine.processUsage(helper);
    expect(used?.residentBytes).toBeGreaterThan(96 * MIB);

    expect(await pressed.undoByData()).toMatchObject([{ undone: true }]);
    expect(await pressed.observe('after')).toMatchObject({ holds: true });
  });

  it('takes nothing of the reserve, whatever it was told', async () => {
    const helper = await place.scene.machine.startHelper({
      runId: place.test.runId,
      tag: '--fault=greedy',
      task: {
        do: 'hold-memory',
        bytes: 1024 * MIB,
        reserveBytes: place.scene.machine.usage().availableBytes * 2,
      },
      maxMs: 60_000,
      signal: new AbortController().signal,
    });
    expect(await waitFor(() => helper.report(), { timeoutMs: 20_000 })).toEqual({
      heldBytes: 0,
      gaveBackBytes: 0,
    });
    expect((await place.scene.machine.processUsage(helper.process))?.residentBytes).toBeLessThan(512 * MIB);
    expect(await endHelper('--fault=greedy')).toMatchObject({ undone: true, detail: 'ended 1' });
  });

  it('takes a little at a time, gives back what others come to need, and does not fight for it', () => {
    const share = new MemoryShare(100, 50, 10);
    expect(share.adjust(200, 4)).toBe(4);
    expect(share.adjust(160, 100)).toBe(6);
    expect(share.adjust(100, 100)).toBe(0);
    expect(share.adjust(35, 100)).toBe(-2);
    expect(share.adjust(35, 100)).toBe(-2);
    expect(share.adjust(200, 100)).toBe(0);
    expect(share.adjust(0, 100)).toBe(-5);
    expect(share.adjust(0, 100)).toBe(-1);
    expect(share.adjust(0, 100)).toBe(-0);
    expect([share.held, share.gaveBack]).toEqual([0, 10]);
    expect(new MemoryShare(100, 50, 10).adjust(71, 100)).toBe(2);
  });

  it('is refused before anything is started when the reserve would not stay', async () => {
    const scarce = { usage: () => ({ cores: 2, busyNs: 0, availableBytes: 600 * MIB }) } as Machine;
    expect(await memoryPressure.findLack(memoryPressure.schema.parse({ size: '128MiB' }), scarce)).toEqual({
      what: '128 MiB of memory are to be taken and 512 MiB to be left, and 600 MiB are available',
      hint: 'Ask for less: `size`, `percent` or `reserve`.',
    });
    expect(
      await memoryPressure.findLack(memoryPressure.schema.parse({ size: '64MiB' }), scarce),
    ).toBeUndefined();
    expect(
      await memoryPressure.findLack(memoryPressure.schema.parse({ percent: '20%' }), scarce),
    ).toMatchObject({
      what: expect.stringContaining('120 MiB of memory are to be taken'),
    });
    const greedy = pressing(memoryPressure, { size: '1024GiB' });
    await expect(greedy.fault.prepare(greedy.context)).rejects.toThrow('1 TiB of memory are to be taken');
  });

  it('wants one measure, in bounds', () => {
    const refused = [{}, { size: '1GiB', percent: '10%' }, { percent: '91%' }, { size: '1KiB' }];
    for (const params of [...refused, { size: '1GiB', reserve: '1MiB' }]) {
      expect(() => memoryPressure.schema.parse(params), JSON.stringify(params)).toThrow();
    }
    expect(() => memoryPressure.schema.parse({})).toThrow('expected either `size` or `percent`');
  });
});

const endHelper = (tag: string) =>
  carryOut({
    kind: 'end-fault-processes',
    id: 'helper',
    what: 'end the helper',
    manual: '',
    mark: place.test.runId,
    tag,
  });

describe('a run that is killed', () => {
  it.each(['burn-cpu', 'hold-memory'])('leaves no process that does %s', async (kind) => {
    const task =
      kind === 'burn-cpu'
        ? { do: kind, threads: 2, load: 1 }
        : { do: kind, bytes: 64 * MIB, reserveBytes: 256 * MIB };
    const helper = { runId: DEAD_RUN, tag: `--fault=${kind}`, task };
    await using run = await runWithHelper(place.program, helper);
    expect(await findMarked(DEAD_RUN)).toHaveLength(1);
    run.process.kill('SIGKILL');
    const gone = await waitFor(async () => (await findMarked(DEAD_RUN)).length === 0, { timeoutMs: 20_000 });
    expect(gone).toBe(true);
    expect(run.process.spawnargs.join()).not.toContain(RUN_MARK);
  });
});
