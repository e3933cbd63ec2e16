import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { damageFile } from '../../src/processes/damage-file.js';
import { mountTmpfs, unmountBelow } from '../../src/processes/mounts.js';
import { repairStore } from '../../src/processes/repair-store.js';
import { createMarkedDirectory } from '../../src/undo/marked-directory.js';
import { skipped, VOLUME_LACK } from '../support/store-scene.js';
import { temporaryDirectory } from './temporary-directory.js';

const MIB = 1024 ** 2;

it('damages a file whose copy is whole, and keeps its mode', async () => {
  await using place = await temporaryDirectory();
  const [path, copy] = [join(place.path, '1.blk'), join(place.path, 'copies', '1.blk')];
  writeFileSync(path, Buffer.alloc(1000, 7), { mode: 0o600 });
  const { before, after } = await damageFile(path, { truncateTo: 400 }, copy);
  expect([before.bytes, after.bytes]).toEqual([1000, 400]);
  expect(readFileSync(copy)).toEqual(Buffer.alloc(1000, 7));
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(place.path, 'copies'))).toEqual(['1.blk']);
});

describe.skipIf(VOLUME_LACK !== undefined)(`on a disk that is full${skipped(VOLUME_LACK)}`, () => {
  it('damages nothing that it cannot copy, and puts no part of a copy back', async () => {
    await using place = await temporaryDirectory();
    const root = join(place.path, 'work');
    await createMarkedDirectory(root, 'run-1');
    const copies = join(root, 'copies');
    mkdirSync(copies);
    await mountTmpfs(copies, MIB);
    try {
      const [path, copy] = [join(root, '1.blk'), join(copies, '1.blk')];
      const content = Buffer.alloc(4 * MIB, 7);
      writeFileSync(path, content);
      await expect(damageFile(path, { truncateTo: 0 }, copy)).rejects.toThrow(/ENOSPC/);
      expect(readdirSync(copies)).toEqual([]);
      const repair = { remove: [], restore: [{ from: copy, to: path }] };
      expect(await repairStore(root, 'run-1', repair)).toBe('0 put back');
      expect(readFileSync(path).equals(content)).toBe(true);
    } finally {
      await unmountBelow(copies);
    }
  });
});
