import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PreflightError } from '../../src/base/errors.js';
import { AuditLog } from '../../src/undo/audit-log.js';
import { readLines } from '../../src/undo/durable-lines.js';
import { RunRegistry } from '../../src/undo/run-registry.js';
import { TestRun } from './support/test-run.js';

const identity = { pid: 42, startedAt: '4711' };

describe('the registry of runs', () => {
  it('holds an entry from the first write until it is removed, whole at any time', async () => {
    await using run = new TestRun();
    const registry = new RunRegistry(run.stateDir);
    const entry = run.entry(identity);
    registry.write(entry);
    expect(registry.list()).toEqual({ entries: [entry], unreadable: [] });

    const guarded = { ...entry, watchdog: { pid: 43, startedAt: '4712' } };
    registry.write(guarded);
    expect(registry.read(run.runId)).toEqual(guarded);
    expect(readdirSync(join(run.stateDir, 'runs'))).toEqual([`${run.runId}.json`]);

    registry.remove(run.runId);
    registry.remove(run.runId);
    expect(registry.read(run.runId)).toBeUndefined();
    expect(registry.list()).toEqual({ entries: [], unreadable: [] });
  });

  it('does not take what a write that was cut off left for an entry', async () => {
    await using run = new TestRun();
    mkdirSync(join(run.stateDir, 'runs'), { recursive: true });
    writeFileSync(join(run.stateDir, 'runs', `${run.runId}.json.new`), '{"version":1,"runI');
    expect(new RunRegistry(run.stateDir).list()).toEqual({ entries: [], unreadable: [] });
  });

  it('says so when its place cannot be read', async () => {
    await using run = new TestRun();
    writeFileSync(join(run.root, 'no-directory'), '');
    const registry = new RunRegistry(join(run.root, 'no-directory'));
    expect(() => registry.list()).toThrow(PreflightError);
    expect(() => registry.list()).toThrow(/cannot read which runs there are in .*no-directory\/runs/);
  });

  it('keeps a run from beginning when it cannot be written', async () => {
    await using run = new TestRun();
    writeFileSync(join(run.root, 'file'), '');
    const registry = new RunRegistry(join(run.root, 'file'));
    expect(() => registry.write(run.entry(identity))).toThrow(PreflightError);
  });

  it('has no run whose name leads out of its directory', async () => {
    await using run = new TestRun();
    const registry = new RunRegistry(run.stateDir);
    expect(() => registry.write({ ...run.entry(identity), runId: '../../elsewhere' })).toThrow(RangeError);
  });
});

describe('the audit', () => {
  it('says who did what, when, to whom, and what undoes it', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'audit.ndjson');
    const audit = new AuditLog(path, run.runId, 'run');
    const undo = {
      kind: 'end-marked-processes',
      id: 'cluster',
      what: 'end them',
      manual: 'kill',
      mark: run.runId,
    } as const;
    audit.write({ fault: 'fault-1', act: 'recorded', kind: 'node-kill', targets: ['n2'], undo: [undo] });
    const evidence = { holds: true, looks: [{ at: 'n2 process', saw: 'it has ended' }] };
    audit.write({
      fault: 'fault-1',
      act: 'observed',
      kind: 'node-kill',
      targets: ['n2'],
      stage: 'during',
      evidence,
    });
    audit.close();

    const common = { run: run.runId, by: 'run', pid: process.pid, who: expect.stringMatching(/./) };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
    const link = (seq: number) => ({ seq, prev: hash, hash });
    expect(readLines(path)?.lines.map(({ value }) => value)).toEqual([
      {
        ...link(1),
        time,
        ...common,
        fault: 'fault-1',
        act: 'recorded',
        kind: 'node-kill',
        targets: ['n2'],
        undo: [undo],
      },
      {
        ...link(2),
        time,
        ...common,
        fault: 'fault-1',
        act: 'observed',
        kind: 'node-kill',
        targets: ['n2'],
        stage: 'during',
        evidence,
      },
      { ...link(3), time, ...common, act: 'closed' },
    ]);
    expect(audit.failure).toBeUndefined();
  });
});
