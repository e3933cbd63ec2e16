import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isPortFree, leasePorts } from '../../src/processes/port-lease.js';
import { compileSources } from './compiled-sources.js';
import { temporaryDirectory } from './temporary-directory.js';

test.skipIf(process.platform !== 'linux')(
  'leased ports are free, distinct, and outside the range of outgoing connections',
  async () => {
    await using state = await temporaryDirectory();
    using lease = await leasePorts(9, { stateDir: state.path });
    expect(new Set(lease.ports).size).toBe(9);
    for (const port of lease.ports) expect(await isPortFree(port)).toBe(true);
    const [low] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
    for (const port of lease.ports) expect(port).toBeLessThan(low!);
  },
);

test('a lease ends with its disposal', async () => {
  await using state = await temporaryDirectory();
  const lease = await leasePorts(3, { stateDir: state.path });
  expect(await readdir(join(state.path, 'ports'))).toHaveLength(3);
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  expect(await readdir(join(state.path, 'ports'))).toEqual([]);
});

test('the lease of a process that died holds nothing up', async () => {
  await using state = await temporaryDirectory();
  using first = await leasePorts(1, { stateDir: state.path });
  const [port] = first.ports;
  first[Symbol.dispose]();
  // Our own pid with another start: a process that died long ago.
  await writeFile(join(state.path, 'ports', `${port}.${process.pid}.1`), '');
  using again = await leasePorts(1, { stateDir: state.path, firstPort: port! });
  expect(again.ports).toEqual([port]);
  expect(await readdir(join(state.path, 'ports'))).toEqual([
    expect.stringMatching(`^${port}\\.${process.pid}\\.`),
  ]);
});

test('a port that something else listens on is passed over', async () => {
  await using state = await temporaryDirectory();
  const lease = await leasePorts(1, { stateDir: state.path });
  const port = lease.ports[0]!;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  lease[Symbol.dispose]();
  try {
    expect(await isPortFree(port)).toBe(false);
    using other = await leasePorts(1, { stateDir: state.path, firstPort: port });
    expect(other.ports[0]).not.toBe(port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  expect(await isPortFree(port)).toBe(true);
});

test('several processes that lease at once never share a port', async () => {
  await using state = await temporaryDirectory();
  await using compiled = await compileSources('processes/port-lease.ts');
  // All start at the same port, so that they contend for every single one, and hold theirs until all have reported.
  const script = `
    import { leasePorts } from ${JSON.stringify(compiled.url('processes/port-lease.js'))};
    const lease = await leasePorts(12, { stateDir: ${JSON.stringify(state.path)}, firstPort: 20000 });
    process.stdout.write(JSON.stringify(lease.ports));
    process.stdin.once('data', () => process.exit(0));
  `;
  const children = Array.from({ length: 5 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
  );
  const reported = children.map(
    ({ child }) => new Promise<void>((resolve) => child.stdout!.once('data', () => resolve())),
  );
  await Promise.all(reported);
  for (const { child } of children) child.stdin!.end('done');
  const leases = (await Promise.all(children)).map(({ stdout }) => JSON.parse(stdout) as number[]);
  const all = leases.flat();
  expect(all).toHaveLength(60);
  expect(new Set(all).size).toBe(60);
});
