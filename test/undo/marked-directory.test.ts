import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RemoveDirectory } from '../../src/contracts/undo.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { createMarkedDirectory, MARK_FILE } from '../../src/undo/marked-directory.js';
import { TestRun } from './support/test-run.js';

const removal = (path: string, mark = 'run-1'): RemoveDirectory => ({
  kind: 'remove-directory',
  id: 'work',
  what: `remove ${path}`,
  manual: `rm -r ${path}`,
  path,
  mark,
});

describe('a directory for the servers', () => {
  it('that cannot be made is told with what to set', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'nowhere', 'work');
    await expect(createMarkedDirectory(path, 'run-1')).rejects.toMatchObject({
      exit: 'preflight',
      message: expect.stringContaining(`ENOENT: no such file or directory, mkdir '${path}'`),
      hint: expect.stringContaining('TMPDIR'),
    });
  });
});

describe('removing a directory', () => {
  it('removes one of ours with all that is in it, and does not mind when it is gone', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'work');
    await createMarkedDirectory(path, 'run-1');
    mkdirSync(join(path, 'n1', 'store'), { recursive: true });
    writeFileSync(join(path, 'n1', 'store', '1.blk'), 'data');

    expect(await carryOut(removal(path))).toMatchObject({ undone: true, detail: 'removed' });
    expect(existsSync(path)).toBe(false);
    expect(await carryOut(removal(path))).toMatchObject({ undone: true, detail: 'it was not there' });
  });

  it.each([
    ['without a mark', (path: string) => mkdirSync(path)],
    [
      'with the mark of another run',
      (path: string) => {
        mkdirSync(path);
        writeFileSync(join(path, MARK_FILE), 'run-2');
      },
    ],
    [
      'with half a mark',
      (path: string) => {
        mkdirSync(path);
        writeFileSync(join(path, MARK_FILE), 'run');
      },
    ],
    [
      'with a link in place of the mark',
      (path: string) => {
        mkdirSync(path);
        writeFileSync(`${path}.elsewhere`, 'run-1');
        symlinkSync(`${path}.elsewhere`, join(path, MARK_FILE));
      },
    ],
  ])('refuses one %s that holds something', async (_, make) => {
    await using run = new TestRun();
    const path = join(run.root, 'work');
    make(path);
    writeFileSync(join(path, 'precious'), 'data');

    expect(await carryOut(removal(path))).toMatchObject({ undone: false });
    expect(readdirSync(path)).toContain('precious');
  });

  it('refuses a link to a directory of ours, and anything that is no directory', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'work');
    await createMarkedDirectory(path, 'run-1');
    symlinkSync(path, join(run.root, 'link'));
    writeFileSync(join(run.root, 'file'), 'data');

    expect(await carryOut(removal(join(run.root, 'link')))).toMatchObject({ undone: false });
    expect(await carryOut(removal(join(run.root, 'file')))).toMatchObject({ undone: false });
    expect(existsSync(path)).toBe(true);
  });

  it('leaves alone what a link within the directory points at', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'work');
    await createMarkedDirectory(path, 'run-1');
    mkdirSync(join(run.root, 'others'));
    writeFileSync(join(run.root, 'others', 'precious'), 'data');
    symlinkSync(join(run.root, 'others'), join(path, 'link'));

    expect(await carryOut(removal(path))).toMatchObject({ undone: true });
    expect(readdirSync(join(run.root, 'others'))).toEqual(['precious']);
  });

  it('removes one that a crash left with no mark yet, or a part of it: it was made for us and is empty', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'work');
    mkdirSync(path);
    expect(await carryOut(removal(path))).toMatchObject({ undone: true });

    mkdirSync(path);
    writeFileSync(join(path, MARK_FILE), 'ru');
    expect(await carryOut(removal(path))).toMatchObject({ undone: true });
    expect(existsSync(path)).toBe(false);
  });
});
