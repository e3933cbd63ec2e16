import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import type { StartNode, UndoRecord } from '../../src/contracts/undo.js';
import { isAlive, isStopped } from '../../src/processes/identity.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { deadProcess, TestRun } from './support/test-run.js';

const common = { id: 'undo', what: 'undo it', manual: 'by hand' };

describe('ending the processes of a run', () => {
  it('ends all that carry the mark, those that are stopped or ignore SIGTERM too, and no other', async () => {
    await using run = new TestRun();
    await using other = new TestRun();
    const mine = [
      await run.startMarked(),
      await run.startMarked(),
      await run.startMarked({ stubborn: true }),
    ];
    const stopped = mine[0] as ProcessIdentity;
    process.kill(stopped.pid, 'SIGSTOP');
    expect(await waitFor(() => isStopped(stopped), { timeoutMs: 30_000 })).toBe(true);
    const theirs = await other.startMarked();
    const record: UndoRecord = { ...common, kind: 'end-marked-processes', mark: run.runId };

    expect(await carryOut(record)).toMatchObject({ undone: true, detail: 'ended 3' });
    expect(mine.map(isAlive)).toEqual([false, false, false]);
    expect(isAlive(theirs)).toBe(true);
    expect(await carryOut(record)).toMatchObject({ undone: true, detail: 'none was running' });
  });
});

/** By what a nats-server logs it is known that it runs. */
const READY = '[1] 2026/01/01 00:00:00.000000 [INF] Server is ready';

describe('starting a node again', () => {
  const node = (run: TestRun, script: string): StartNode => ({
    ...common,
    kind: 'start-node',
    node: 'n2',
    command: process.execPath,
    args: ['-e', script, 'n2.conf'],
    mark: run.runId,
    logFile: join(run.root, 'n2.log'),
  });

  it('starts it as it was, once', async () => {
    await using run = new TestRun();
    // Another node of the same run, which runs, is not taken for it.
    await run.startMarked();
    const record = node(run, `console.log('${READY}'); setInterval(() => {}, 1e6)`);

    const first = await carryOut(record);
    const pid = Number(/process (\d+)/.exec(first.detail)?.[1]);
    const started = (await findMarked(run.runId)).find((identity) => identity.pid === pid);
    expect(first.undone).toBe(true);
    expect(started && isAlive(run.watch(started))).toBe(true);
    await expect.poll(() => readFileSync(record.logFile, 'utf8')).toBe(`${READY}\n`);

    expect(await carryOut(record)).toMatchObject({
      undone: true,
      detail: `n2 runs already, as process ${pid}`,
    });
    expect(await findMarked(run.runId)).toHaveLength(2);
  });

  it('says so when the node does not stay, or cannot be started at all', async () => {
    await using run = new TestRun();
    // A shell ends at once, on a busy machine too.
    const breaks = { ...node(run, ''), command: '/bin/sh', args: ['-c', 'exit 3', 'n2.conf'] };
    expect(await carryOut(breaks)).toMatchObject({
      undone: false,
      detail: `n2 ended at once with code 3: see ${breaks.logFile}`,
    });
    // One that has not said yet that it is ready is waited for.
    const late = { ...breaks, args: ['-c', '/bin/sleep 2; exit 4', 'n2.conf'] };
    expect(await carryOut(late)).toMatchObject({
      undone: false,
      detail: expect.stringMatching(/^n2 ended at once with code 4: /),
    });
    const missing = { ...breaks, command: '/nowhere/nats-server' };
    expect(await carryOut(missing)).toMatchObject({
      undone: false,
      detail: expect.stringContaining('/nowhere'),
    });
  });

  it('leaves it to the run where that can do it better', async () => {
    await using run = new TestRun();
    const record = node(run, '');
    const outcome = await carryOut(record, {
      'start-node': async ({ node }) => `the cluster started ${node}`,
    });
    expect(outcome).toEqual({ record, undone: true, detail: 'the cluster started n2' });
    expect(await findMarked(run.runId)).toEqual([]);
  });
});

describe('continuing a process', () => {
  it('continues the one that was stopped', async () => {
    await using run = new TestRun();
    const stopped = await run.startMarked();
    process.kill(stopped.pid, 'SIGSTOP');
    expect(await waitFor(() => isStopped(stopped), { timeoutMs: 30_000 })).toBe(true);

    const outcome = await carryOut({ ...common, kind: 'continue-process', ...stopped });
    expect(outcome).toMatchObject({ undone: true, detail: 'continued' });
    expect(await waitFor(() => !isStopped(stopped), { timeoutMs: 30_000 })).toBe(true);
  });

  it('does not touch another process that was given the pid', async () => {
    await using run = new TestRun();
    const other = await run.startMarked();
    process.kill(other.pid, 'SIGSTOP');
    expect(await waitFor(() => isStopped(other), { timeoutMs: 30_000 })).toBe(true);

    const outcome = await carryOut({ ...common, kind: 'continue-process', pid: other.pid, startedAt: '1' });
    expect(outcome).toMatchObject({ undone: true, detail: 'the process has ended' });
    expect(isStopped(other)).toBe(true);
  });

  it('has nothing to do for one that has ended', async () => {
    const outcome = await carryOut({ ...common, kind: 'continue-process', ...(await deadProcess()) });
    expect(outcome).toMatchObject({ undone: true, detail: 'the process has ended' });
  });
});

describe('a record of a later version', () => {
  it('is left, and said to be', async () => {
    const record = { ...common, kind: 'unmount' } as unknown as UndoRecord;
    expect(await carryOut(record)).toMatchObject({
      undone: false,
      detail: expect.stringContaining('unmount'),
    });
  });
});
