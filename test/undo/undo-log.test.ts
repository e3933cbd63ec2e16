import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UndoRecord } from '../../src/contracts/undo.js';
import { UndoLog } from '../../src/undo/undo-log.js';
import { compileSources } from '../processes/compiled-sources.js';
import { onFullDisk } from '../support/on-full-disk.js';
import { TestRun } from './support/test-run.js';

const remove = (id: string, within?: string): UndoRecord => ({
  kind: 'remove-directory',
  id,
  what: `remove ${id}`,
  manual: `rm -r ${id}`,
  path: `/nowhere/${id}`,
  mark: 'm',
  ...(within === undefined ? {} : { within }),
});
const ids = (records: readonly UndoRecord[]): string[] => records.map(({ id }) => id);
const undone = (record: UndoRecord) => ({ record, undone: true, detail: 'done' });

describe('the undo log', () => {
  it('has a record on disk, readable by another process, when append returns', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'undo.ndjson');
    const log = new UndoLog(path);
    log.append([remove('a'), remove('b')]);

    expect(ids(new UndoLog(path).outstanding())).toEqual(['b', 'a']);
    log.close();
  });

  it('undoes the newest first, and nothing twice', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'undo.ndjson');
    const log = new UndoLog(path);
    log.append([remove('a'), remove('b')]);
    log.append([remove('c')]);
    log.settle(undone(remove('b')), 'run');
    log.settle({ record: remove('c'), undone: false, detail: 'busy' }, 'run');

    expect(ids(log.outstanding())).toEqual(['c', 'a']);
    expect(ids(new UndoLog(path).outstanding())).toEqual(['c', 'a']);
    log.close();
  });

  it('heals a node within a cluster, but tears down the cluster alone', async () => {
    await using run = new TestRun();
    const log = new UndoLog(join(run.root, 'undo.ndjson'));
    const cluster = remove('cluster');
    log.append([remove('directory'), cluster]);
    log.append([remove('node', 'cluster'), remove('detail-of-node', 'node')]);

    expect(ids(log.outstanding())).toEqual(['detail-of-node', 'node', 'cluster', 'directory']);
    expect(ids(log.tearDown())).toEqual(['cluster', 'directory']);

    log.settle(undone(cluster), 'run');
    expect(ids(log.outstanding())).toEqual(['directory']);
    log.close();
  });

  it('opens a record again when the same thing is done again', async () => {
    await using run = new TestRun();
    const log = new UndoLog(join(run.root, 'undo.ndjson'));
    log.append([remove('a')]);
    log.settle(undone(remove('a')), 'run');
    log.append([remove('a')]);
    expect(ids(log.outstanding())).toEqual(['a']);
    log.close();
  });

  it('reads whatever a crash left of the file, and goes on with it', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'undo.ndjson');
    const log = new UndoLog(path);
    log.append([remove('ä'), remove('b')]);
    log.settle(undone(remove('b')), 'run');
    log.close();
    const whole = readFileSync(path);
    const linesWithin = (bytes: number) => whole.subarray(0, bytes).toString('latin1').split('\n').length - 1;
    const expected = [[], ['ä'], ['b', 'ä'], ['ä']];

    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (cutAt) => {
        writeFileSync(path, whole.subarray(0, cutAt));
        const torn = new UndoLog(path);
        expect(torn.damagedLines).toEqual([]);
        expect(ids(torn.outstanding())).toEqual(expected[linesWithin(cutAt)]);
        torn.append([remove('next')]);
        torn.close();
        const again = new UndoLog(path);
        expect(again.damagedLines).toEqual([]);
        expect(ids(again.outstanding())[0]).toBe('next');
        again.close();
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('says which whole lines cannot be read, and keeps the others', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'undo.ndjson');
    const log = new UndoLog(path);
    log.append([remove('a')]);
    appendFileSync(path, '{"record":{"id":"half\n{"something":"else"}\n');
    appendFileSync(path, `${JSON.stringify({ record: remove('b') })}\n`);
    const damaged = new UndoLog(path);
    expect(damaged.damagedLines).toEqual([2, 3]);
    expect(ids(damaged.outstanding())).toEqual(['b', 'a']);
    damaged.close();
    log.close();
  });

  it('keeps none of the records, and stays whole, when the disk has no room for all of them', async () => {
    await using run = new TestRun();
    await using compiled = await compileSources('undo/undo-log.ts');
    const path = join(run.root, 'undo.ndjson');
    const script = `
      const { UndoLog } = await import(${JSON.stringify(compiled.url('undo/undo-log.js'))});
      const record = (id) => ({ kind: 'remove-directory', id, what: id, manual: id, path: '/nowhere', mark: 'm' });
      const log = new UndoLog(process.argv[1]);
      log.append([record('first')]);
      let refused = '';
      try { log.append([record('second'), record('x'.repeat(9000))]); } catch (error) { refused = error.code; }
      log.append([record('third')]);
      const half = 'x'.repeat(9000);
      log.settle({ record: record('first'), undone: true, detail: half }, 'run');
      console.log(JSON.stringify({ refused, failure: log.failure.code, outstanding: log.outstanding().map(({ id }) => id) }));`;
    const stdout = await onFullDisk(8, ['--input-type=module', '-e', script, path]);

    // An outcome that cannot be noted stops nobody: it is carried out again, by whoever reads the log.
    expect(JSON.parse(stdout)).toEqual({ refused: 'EFBIG', failure: 'EFBIG', outstanding: ['third'] });
    const log = new UndoLog(path);
    expect(log.damagedLines).toEqual([]);
    expect(ids(log.outstanding())).toEqual(['third', 'first']);
    log.close();
  });
});
