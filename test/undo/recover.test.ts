import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import type { UndoRecord } from '../../src/contracts/undo.js';
import { identify, isAlive } from '../../src/processes/identity.js';
import { readLines } from '../../src/undo/durable-lines.js';
import { createMarkedDirectory } from '../../src/undo/marked-directory.js';
import { recover } from '../../src/undo/recover.js';
import { RunRegistry } from '../../src/undo/run-registry.js';
import { UndoLog } from '../../src/undo/undo-log.js';
import { deadProcess, TestRun } from './support/test-run.js';

const me = identify(process.pid) as ProcessIdentity;

/** What every run records before it starts anything, and a fault on top. */
function records(run: TestRun): UndoRecord[] {
  return [
    {
      kind: 'remove-directory',
      id: 'work',
      what: 'remove the work directory',
      manual: 'rm -r work',
      path: join(run.root, 'work'),
      mark: run.runId,
    },
    {
      kind: 'end-marked-processes',
      id: 'cluster',
      what: 'end the servers',
      manual: 'kill …',
      mark: run.runId,
    },
    {
      kind: 'start-node',
      id: 'start-n2',
      within: 'cluster',
      what: 'start n2 again',
      manual: 'nats-server -c n2.conf',
      node: 'n2',
      command: process.execPath,
      args: ['-e', 'setInterval(() => {}, 1e6)', 'n2'],
      mark: run.runId,
      logFile: join(run.root, 'n2.log'),
    },
  ];
}

/** A run that died in the middle of a fault: its directory, a process of it and its entry are there. */
async function diedRun(run: TestRun, process?: ProcessIdentity): Promise<ProcessIdentity> {
  const entry = run.entry(process ?? (await deadProcess()));
  new RunRegistry(run.stateDir).write(entry);
  const log = new UndoLog(entry.undoLog);
  log.append(records(run));
  log.close();
  await createMarkedDirectory(join(run.root, 'work'), run.runId);
  return run.startMarked();
}

describe('recover', () => {
  it('undoes what a run that died has left, newest first, and starts no node of a cluster that goes', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    const { undoLog, journal, audit } = run.entry(server);

    const report = await recover({ stateDir: run.stateDir });

    expect(report).toMatchObject({
      clean: true,
      unreadable: [],
      runs: [{ state: 'undone', left: [], problems: [] }],
    });
    expect(report.runs[0]?.undone.map(({ record, detail }) => [record.id, detail])).toEqual([
      ['cluster', 'ended 1'],
      ['work', 'removed'],
    ]);
    expect(isAlive(server)).toBe(false);
    expect(existsSync(join(run.root, 'work'))).toBe(false);
    expect(existsSync(join(run.root, 'n2.log'))).toBe(false);
    expect(new RunRegistry(run.stateDir).list()).toEqual({ entries: [], unreadable: [] });

    const log = new UndoLog(undoLog);
    expect(log.outstanding()).toEqual([]);
    log.close();
    expect(readLines(journal)?.lines.map(({ value }) => value)).toMatchObject([
      { type: 'undo', by: 'recover', record: 'cluster', undone: true },
      { type: 'undo', by: 'recover', record: 'work', undone: true },
    ]);
    expect(readLines(audit)?.lines.map(({ value }) => value)).toMatchObject([
      { act: 'undone', by: 'recover', kind: 'end-marked-processes', run: run.runId },
      { act: 'undone', by: 'recover', kind: 'remove-directory', run: run.runId },
      { act: 'closed', by: 'recover', run: run.runId },
    ]);
  });

  it('finds nothing the second time, nor where there never was a run', async () => {
    await using run = new TestRun();
    expect(await recover({ stateDir: run.stateDir })).toEqual({ runs: [], unreadable: [], clean: true });
    await diedRun(run);
    await recover({ stateDir: run.stateDir });
    expect(await recover({ stateDir: run.stateDir })).toEqual({ runs: [], unreadable: [], clean: true });
  });

  it('may be run by several at once', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    const reports = await Promise.all([1, 2, 3].map(() => recover({ stateDir: run.stateDir })));
    expect(reports.map(({ clean }) => clean)).toEqual([true, true, true]);
    expect(isAlive(server)).toBe(false);
    expect(existsSync(new RunRegistry(run.stateDir).lockOf(run.runId))).toBe(false);
  });

  it('leaves a run alone that is alive', async () => {
    await using run = new TestRun();
    const server = await diedRun(run, me);
    const report = await recover({ stateDir: run.stateDir });

    expect(report).toMatchObject({ clean: true, runs: [{ state: 'alive', undone: [], left: [] }] });
    expect(isAlive(server)).toBe(true);
    expect(existsSync(join(run.root, 'work'))).toBe(true);
    expect(new RunRegistry(run.stateDir).read(run.runId)).toBeDefined();
  });

  it('takes a pid that was given to another process for no sign of life, and does not touch that process', async () => {
    await using run = new TestRun();
    await using stranger = new TestRun();
    const other = await stranger.startMarked();
    await diedRun(run, { pid: other.pid, startedAt: '1' });

    expect(await recover({ stateDir: run.stateDir })).toMatchObject({
      clean: true,
      runs: [{ state: 'undone' }],
    });
    expect(isAlive(other)).toBe(true);
  });

  it('does not judge a run of another machine', async () => {
    await using run = new TestRun();
    new RunRegistry(run.stateDir).write({ ...run.entry(await deadProcess()), host: 'elsewhere.example' });
    const report = await recover({ stateDir: run.stateDir });
    expect(report).toMatchObject({ clean: true, runs: [{ state: 'elsewhere' }] });
    expect(new RunRegistry(run.stateDir).read(run.runId)).toBeDefined();
    expect(report.runs[0]?.detail).toContain('elsewhere.example');
  });

  it('says what could not be undone and how it is done by hand, and tries again the next time', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    rmSync(join(run.root, 'work'), { recursive: true });
    mkdirSync(join(run.root, 'work'));
    writeFileSync(join(run.root, 'work', 'precious'), 'not ours');

    const report = await recover({ stateDir: run.stateDir });
    expect(report).toMatchObject({
      clean: false,
      runs: [
        {
          state: 'left',
          undone: [{ record: { id: 'cluster' } }],
          left: [{ record: { manual: 'rm -r work' } }],
        },
      ],
    });
    expect(isAlive(server)).toBe(false);
    expect(existsSync(join(run.root, 'work', 'precious'))).toBe(true);

    rmSync(join(run.root, 'work', 'precious'));
    expect(await recover({ stateDir: run.stateDir })).toMatchObject({
      clean: true,
      runs: [{ state: 'undone' }],
    });
  });

  it('ends what carries the mark when the run directory was thrown away', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    rmSync(run.entry(server).undoLog);

    expect(await recover({ stateDir: run.stateDir })).toMatchObject({
      clean: true,
      runs: [{ state: 'undone' }],
    });
    expect(isAlive(server)).toBe(false);
  });

  it('undoes what it can read of a damaged log, and does not call the run clean', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    const { undoLog } = run.entry(server);
    const lines = readFileSync(undoLog, 'utf8').split('\n');
    writeFileSync(undoLog, [lines[0], '{"rec\u0000\u0000', lines[2], ''].join('\n'));

    const report = await recover({ stateDir: run.stateDir });
    expect(report).toMatchObject({ clean: false, runs: [{ state: 'left', left: [] }] });
    expect(report.runs[0]?.problems.join()).toContain('line 2');
    expect(isAlive(server)).toBe(false);
    expect(existsSync(join(run.root, 'work'))).toBe(false);
  });

  it('reports a file of the registry that is no entry, and recovers the others', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    const broken = join(run.stateDir, 'runs', 'broken.json');
    writeFileSync(broken, '{"version":1,');
    writeFileSync(join(run.stateDir, 'runs', 'other.json'), '{"version":1,"runId":"../../etc"}');

    const report = await recover({ stateDir: run.stateDir });
    expect(report).toMatchObject({ clean: false, runs: [{ state: 'undone' }] });
    expect(report.unreadable.map(({ file }) => file)).toEqual([
      broken,
      join(run.stateDir, 'runs', 'other.json'),
    ]);
    expect(existsSync(broken)).toBe(true);
    expect(isAlive(server)).toBe(false);
  });

  it('waits for whoever is cleaning up already, and breaks the lock of one that died at it', async () => {
    await using run = new TestRun();
    const server = await diedRun(run);
    const lock = new RunRegistry(run.stateDir).lockOf(run.runId);

    writeFileSync(lock, JSON.stringify(me));
    expect(await recover({ stateDir: run.stateDir, lockWaitMs: 200 })).toMatchObject({
      clean: false,
      runs: [{ state: 'busy', detail: `process ${me.pid} is cleaning up behind it` }],
    });
    expect(isAlive(server)).toBe(true);

    writeFileSync(lock, JSON.stringify(await deadProcess()));
    expect(await recover({ stateDir: run.stateDir })).toMatchObject({
      clean: true,
      runs: [{ state: 'undone' }],
    });
    expect(isAlive(server)).toBe(false);
  });

  it('breaks a lock whose writer died before it could put its name there', async () => {
    await using run = new TestRun();
    await diedRun(run);
    writeFileSync(new RunRegistry(run.stateDir).lockOf(run.runId), '{"pid":');
    expect(await recover({ stateDir: run.stateDir })).toMatchObject({ clean: true });
  });
});
