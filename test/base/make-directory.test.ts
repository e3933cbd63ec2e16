import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/base/make-directory.js';
import { RunRegistry } from '../../src/undo/run-registry.js';
import { TestRun } from '../undo/support/test-run.js';

describe('a directory that a user chooses', () => {
  it('is made with all above it, and found when it is there', async () => {
    await using run = new TestRun();
    const path = join(run.root, 'a', 'b', 'c');
    const made: string[] = [];
    makeDirectory(path, made);
    makeDirectory(path, made);
    expect(existsSync(path)).toBe(true);
    expect(made).toEqual([join(run.root, 'a'), join(run.root, 'a', 'b'), path]);
    const link = join(run.root, 'link');
    symlinkSync(path, link);
    makeDirectory(join(link, 'd'));
    expect(existsSync(join(path, 'd'))).toBe(true);
  });

  it('is refused once where a parent is no directory, or leads nowhere', async () => {
    await using run = new TestRun();
    writeFileSync(join(run.root, 'file'), '');
    expect(() => makeDirectory(join(run.root, 'file', 'a', 'b'))).toThrow(/ENOTDIR|EEXIST/);
    symlinkSync(join(run.root, 'nowhere'), join(run.root, 'dangling'));
    expect(() => makeDirectory(join(run.root, 'dangling', 'a'))).toThrow('EEXIST');
  });

  it.runIf(process.platform === 'linux')('is refused where a parent that is there makes none', async () => {
    expect(() => makeDirectory('/proc/nohome/.local/state')).toThrow("mkdir '/proc/nohome'");
    await using run = new TestRun();
    expect(() => new RunRegistry('/proc/nohome/state').write(run.entry({ pid: 1, startedAt: '1' }))).toThrow(
      /^cannot register the run in \/proc\/nohome\/state\/runs: ENOENT/,
    );
  });
});
