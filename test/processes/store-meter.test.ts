import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { StoreMeter } from '../../src/processes/store-meter.js';
import { temporaryDirectory } from './temporary-directory.js';

const MIB = 1024 ** 2;

describe('StoreMeter', () => {
  it('follows what a directory and those in it take up, and what is left beside it', async () => {
    await using temporary = await temporaryDirectory();
    const directory = temporary.path;
    await mkdir(join(directory, 'jetstream', 'ORDERS'), { recursive: true });
    const meter = new StoreMeter(directory);
    const holds = (bytes: number) =>
      waitFor(
        async () => {
          const { storeBytes } = await meter.measure();
          return storeBytes !== null && storeBytes >= bytes && storeBytes < bytes + MIB;
        },
        { timeoutMs: 30_000 },
      );
    expect(await holds(0)).toBe(true);
    await writeFile(join(directory, 'jetstream', 'ORDERS', '1.blk'), Buffer.alloc(3 * MIB, 'x'));
    expect(await holds(3 * MIB)).toBe(true);
    expect((await meter.measure()).freeBytes).toBeGreaterThan(0);
    await rm(join(directory, 'jetstream'), { recursive: true });
    expect(await holds(0)).toBe(true);
  });

  it('says nothing of a directory that is not there', async () => {
    await using temporary = await temporaryDirectory();
    const meter = new StoreMeter(join(temporary.path, 'gone'));
    await meter.measure();
    expect(await meter.measure()).toEqual({ storeBytes: null, freeBytes: null });
  });
});
