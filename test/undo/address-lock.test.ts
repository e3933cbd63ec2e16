import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import { identify } from '../../src/processes/identity.js';
import { lockAddresses } from '../../src/undo/address-lock.js';
import { deadProcess } from './support/test-run.js';

const me = identify(process.pid) as ProcessIdentity;
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-addresses-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const locks = () => readdirSync(join(directory, 'locks')).map((name) => join(directory, 'locks', name));
const lock = (addresses: readonly string[], who = me) => lockAddresses(directory, addresses, who);

it('is not had by two runs that share one of their addresses, in whatever order they name them', () => {
  const first = lock(['b:1', 'a:1']);
  expect(first.got).toBe(true);
  expect(lock(['a:1', 'c:1'])).toMatchObject({ got: false, pid: process.pid });
  expect(lock(['b:1'])).toMatchObject({ got: false, pid: process.pid });
  // What the refused ones had already of it is free.
  expect(locks()).toHaveLength(2);
  const third = lock(['c:1', 'c:1']);
  expect(third.got).toBe(true);
  if (first.got) first.release();
  if (third.got) third.release();
  expect(locks()).toEqual([]);
});

it('of a process that has died is broken, also of one that died while it wrote it', async () => {
  expect(lock(['a:1'], await deadProcess()).got).toBe(true);
  expect(lock(['a:1']).got).toBe(true);
  const [path = ''] = locks();
  writeFileSync(path, '');
  // However long this machine stands still now, it was written a moment ago.
  const soon = Date.now() / 1000 + 3600;
  utimesSync(path, soon, soon);
  expect(lock(['a:1'])).toEqual({ got: false, path, pid: undefined });
  utimesSync(path, 0, 0);
  expect(lock(['a:1']).got).toBe(true);
  expect(existsSync(path)).toBe(true);
});
