import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { fdExhaustion } from '../../src/chaos/fd-exhaustion.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import type { Machine, OpenFilesLimit } from '../../src/contracts/machine.js';
import type { RestoreOpenFiles } from '../../src/contracts/undo.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { clusterUnderPressure } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';
import { runWithHelper } from '../support/run-with-helper.js';

const place = clusterUnderPressure({ nodes: 3 });
let exhausted: FaultUnderTest;
afterEach(async () => {
  await exhausted.undo();
});

const processOf = (name: string): ProcessIdentity => place.cluster.node(name).process as ProcessIdentity;
const limitOf = (name: string) => place.scene.machine.openFilesLimit(processOf(name)) as OpenFilesLimit;
const exhausting = (targets: string[], params = {}) =>
  new FaultUnderTest(place.scene, fdExhaustion, fdExhaustion.schema.parse(params), targets);

describe('fd-exhaustion', () => {
  it('lets a server greet nobody any more, and is undone', async () => {
    const was = limitOf('n2');
    exhausted = exhausting(['n2'], { spare: 3 });
    await exhausted.inject();
    const { pid, startedAt } = processOf('n2');
    expect(exhausted.records).toMatchObject([
      { kind: 'end-fault-processes', tag: '--fault=fault-1' },
      { kind: 'restore-open-files', pid, startedAt, soft: was.soft, hard: was.hard },
    ]);

    const during = await exhausted.observe('during');
    expect(during).toMatchObject({ holds: true });
    const sights = Object.fromEntries(during.looks.map(({ at, saw }) => [at, saw]));
    const now = limitOf('n2');
    expect(now.soft).toBeLessThan(was.soft);
    expect(now.hard).toBe(was.hard);
    expect(sights['n2 open files']).toMatch(new RegExp(`^\\d+ open of ${now.soft}$`));
    expect(sights[`n2 client port ${place.cluster.node('n2').clientPort}`]).toBe('no answer within 2000 ms');
    // The others have all they had.
    expect(limitOf('n1')).toEqual(was);
    expect(await exhausted.fault.observe(exhausted.context, 'after')).toMatchObject({ holds: false });

    expect(await exhausted.undo()).toMatchObject([
      { undone: true, detail: `process ${pid} may have ${was.soft} files open again` },
      { undone: true, detail: 'ended 1' },
    ]);
    expect(await exhausted.observe('after')).toMatchObject({ holds: true });
    expect(limitOf('n2')).toEqual(was);
    expect(processOf('n2').pid).toBe(pid);
  });

  it('is undone by its records alone, twice', async () => {
    const was = limitOf('n1');
    exhausted = exhausting(['n1']);
    await exhausted.inject();
    expect(await exhausted.observe('during')).toMatchObject({ holds: true });
    expect(await exhausted.undoByData()).toMatchObject([{ undone: true }, { undone: true }]);
    expect(limitOf('n1')).toEqual(was);
    expect(await exhausted.undoByData()).toMatchObject([
      { undone: true, detail: 'it had its limit already' },
      { undone: true, detail: 'none was running' },
    ]);
    expect(await exhausted.observe('after')).toMatchObject({ holds: true });
  });

  it('has not taken hold while the server still greets, whatever its limit says', async () => {
    exhausted = exhausting(['n3']);
    await exhausted.inject();
    expect(await exhausted.observe('during')).toMatchObject({ holds: true });
    // Somebody else gives it its files back.
    const record = exhausted.records[1] as RestoreOpenFiles;
    await place.scene.machine.setOpenFilesLimit(processOf('n3'), limitOf('n2'));
    expect(await exhausted.fault.observe(exhausted.context, 'during')).toMatchObject({ holds: false });
    expect(record.kind).toBe('restore-open-files');
  });

  it('leaves another process alone that was given the pid since', async () => {
    exhausted = exhausting(['n3']);
    const records = await exhausted.fault.prepare(exhausted.context);
    const record = records.find(({ kind }) => kind === 'restore-open-files') as RestoreOpenFiles;
    const outcome = await carryOut({ ...record, startedAt: '1', soft: 64 });
    expect(outcome).toMatchObject({ undone: true, detail: 'the process has ended' });
    expect(limitOf('n3')).toEqual(limitOf('n2'));
  });

  it('says that nodes are away while it holds', () => {
    exhausted = exhausting(['n1', 'n2']);
    expect(exhausted.fault.impact?.(exhausted.context)).toEqual({ down: ['n1', 'n2'], cuts: [] });
  });

  it('says what a machine lacks for it', async () => {
    exhausted = exhausting(['n1']);
    const limit = { soft: 1024, hard: 4096 };
    const bare = { hasProgram: async () => false, openFilesLimit: () => limit } as unknown as Machine;
    expect(await fdExhaustion.findLack({}, bare)).toEqual({
      what: 'the limits of a running process are set by prlimit, which is not on the PATH',
      hint: 'Install util-linux.',
    });
    const mute = { ...bare, openFilesLimit: () => undefined } as unknown as Machine;
    expect(await fdExhaustion.findLack({}, mute)).toMatchObject({ hint: 'It takes Linux with /proc.' });
    expect(await fdExhaustion.findLack({}, place.scene.machine)).toBeUndefined();
    expect(() => fdExhaustion.schema.parse({ spare: -1 })).toThrow('from 0 to 1000');
  });

  it('leaves its records to whoever comes after a run that was killed', async () => {
    const was = limitOf('n2');
    exhausted = exhausting(['n2']);
    exhausted.records = await exhausted.fault.prepare(exhausted.context);
    const { host, clientPort } = place.cluster.node('n2');
    const task = {
      do: 'open-connections',
      access: { servers: [{ host, port: clientPort }] },
      connectionName: 'exhausting ',
      connections: 20,
      perSec: 200,
      stayMs: 0,
    };
    const tag = '--fault=fault-1';
    await using run = await runWithHelper(place.program, { runId: place.test.runId, tag, task });
    const open = (await place.scene.machine.processUsage(processOf('n2')))?.openFiles as number;
    await place.scene.machine.setOpenFilesLimit(processOf('n2'), { soft: open, hard: was.hard });
    run.process.kill('SIGKILL');
    const gone = await waitFor(
      async () => (await place.scene.machine.findHelpers(place.test.runId, tag)).length === 0,
      {
        timeoutMs: 20_000,
      },
    );
    expect(gone).toBe(true);
    expect(await exhausted.undoByData()).toMatchObject([{ undone: true }, { undone: true }]);
    expect(limitOf('n2')).toEqual(was);
    expect(await exhausted.observe('after')).toMatchObject({ holds: true });
  });
});
