import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mountAt, mountLoop, mountsBelow, mountTmpfs, unmountBelow } from '../../src/processes/mounts.js';
import { repairStore } from '../../src/processes/repair-store.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { createMarkedDirectory } from '../../src/undo/marked-directory.js';
import { skipped, VOLUME_LACK } from '../support/store-scene.js';
import { TestRun } from './support/test-run.js';

const MIB = 1024 ** 2;
const common = { id: 'x', what: 'undo it', manual: 'by hand' };

describe.skipIf(VOLUME_LACK !== undefined)(`unmount-volumes${skipped(VOLUME_LACK)}`, () => {
  it('unmounts all that is below a directory of ours, whatever its name, and is done twice without harm', async () => {
    await using run = new TestRun();
    const root = join(run.root, 'a work \\dir');
    await createMarkedDirectory(root, run.runId);
    for (const name of ['n1', 'n2', 'n3']) mkdirSync(join(root, name));
    await mountTmpfs(join(root, 'n1'), MIB);
    await mountTmpfs(join(root, 'n1'), MIB);
    await mountTmpfs(join(root, 'n2'), MIB);
    await mountLoop(join(root, 'n3.img'), join(root, 'n3'), 16 * MIB);
    expect(await mountsBelow(root)).toHaveLength(4);
    expect(await mountAt(join(root, 'n3'))).toMatchObject({ type: 'ext4' });
    const { device } = (await mountAt(join(root, 'n3')))!;

    const record = { ...common, kind: 'unmount-volumes', root, mark: run.runId } as const;
    expect(await carryOut(record)).toMatchObject({ undone: true, detail: 'unmounted 4' });
    expect(await mountsBelow(root)).toEqual([]);
    // The loop device went with its mount.
    const [, minor] = device.split(':');
    await expect.poll(() => existsSync(`/sys/block/loop${minor}/loop/backing_file`)).toBe(false);
    expect(await carryOut(record)).toMatchObject({ undone: true, detail: 'nothing was mounted' });
  });

  it('refuses a directory without the mark, or with another', async () => {
    await using run = new TestRun();
    const [bare, other] = [join(run.root, 'bare'), join(run.root, 'other')];
    mkdirSync(bare);
    await createMarkedDirectory(other, 'another-run');
    try {
      for (const root of [bare, other]) {
        mkdirSync(join(root, 'n1'));
        await mountTmpfs(join(root, 'n1'), MIB);
        const record = { ...common, kind: 'unmount-volumes', root, mark: run.runId } as const;
        expect(await carryOut(record)).toMatchObject({
          undone: false,
          detail: expect.stringMatching(/^refused: .*\.stormglass-run file$/),
        });
        expect(await mountsBelow(root)).toHaveLength(1);
      }
    } finally {
      for (const root of [bare, other]) await unmountBelow(root);
    }
  });

  it('says what is still in use, and leaves it mounted', async () => {
    await using run = new TestRun();
    const root = join(run.root, 'work');
    await createMarkedDirectory(root, run.runId);
    mkdirSync(join(root, 'n1'));
    await mountTmpfs(join(root, 'n1'), MIB);
    const { spawn } = await import('node:child_process');
    const holder = spawn('/bin/sleep', ['60'], { cwd: join(root, 'n1') });
    try {
      const record = { ...common, kind: 'unmount-volumes', root, mark: run.runId } as const;
      expect(await carryOut(record)).toMatchObject({ undone: false, detail: expect.stringMatching(/busy/) });
      expect(await mountsBelow(root)).toHaveLength(1);
    } finally {
      holder.kill('SIGKILL');
      await unmountBelow(root);
    }
  });

  it('takes no bound off a device that is mounted somewhere else', async () => {
    await using run = new TestRun();
    const root = join(run.root, 'work');
    await createMarkedDirectory(root, run.runId);
    const record = { ...common, kind: 'lift-throttle', root, mark: run.runId } as const;
    const [foreign] = await mountsBelow('/sys');
    const away = { ...record, device: '7:200', mountPoint: join(root, 'n1') };
    expect(await carryOut(away)).toMatchObject({ undone: true, detail: expect.stringContaining('is gone') });
    const others = { ...record, device: foreign!.device, mountPoint: foreign!.mountPoint };
    expect(await carryOut(others)).toMatchObject({
      undone: false,
      detail: expect.stringContaining('refused'),
    });
  });
});

describe('the repair of a store', () => {
  it('removes and puts back below a directory of ours, and twice', async () => {
    await using run = new TestRun();
    const root = join(run.root, 'work');
    await createMarkedDirectory(root, run.runId);
    mkdirSync(join(root, 'store', 'stream'), { recursive: true });
    const [copy, file] = [join(root, 'copy'), join(root, 'store', 'file')];
    writeFileSync(copy, 'as it was');
    writeFileSync(file, 'damaged');
    const restore = [
      { from: copy, to: file },
      { from: join(root, 'never-made'), to: join(root, 'store', 'kept') },
    ];
    for (let i = 0; i < 2; i++) {
      const done = await repairStore(root, run.runId, { remove: [join(root, 'store', 'stream')], restore });
      expect(done).toBe('1 removed, 1 put back');
      expect(readFileSync(file, 'utf8')).toBe('as it was');
      expect(existsSync(join(root, 'store', 'stream'))).toBe(false);
    }
  });

  it('refuses everything else before it touches anything', async () => {
    await using run = new TestRun();
    const root = join(run.root, 'work');
    await createMarkedDirectory(root, run.runId);
    const outside = join(run.root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'not ours');
    symlinkSync(outside, join(root, 'link'));
    const inside = join(root, 'inside');
    writeFileSync(inside, 'ours');
    for (const path of [
      join(outside, 'file'),
      join(root, 'link', 'file'),
      join(root, '..', 'outside'),
      root,
    ]) {
      const repair = { remove: [inside, path], restore: [] };
      await expect(repairStore(root, run.runId, repair)).rejects.toThrow(/^refused: .* is not below/);
    }
    const restore = { remove: [], restore: [{ from: inside, to: join(outside, 'file') }] };
    await expect(repairStore(root, run.runId, restore)).rejects.toThrow(/is not below/);
    await expect(
      repairStore(outside, run.runId, { remove: [join(outside, 'file')], restore: [] }),
    ).rejects.toThrow(/has no \.stormglass-run file/);
    await expect(repairStore(root, 'another-run', { remove: [inside], restore: [] })).rejects.toThrow(
      /another mark/,
    );
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('not ours');
    expect(readFileSync(inside, 'utf8')).toBe('ours');
  });
});
