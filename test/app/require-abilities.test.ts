import { expect, it } from 'vitest';
import { requireAbilities } from '../../src/app/require-abilities.js';
import { volumesOf } from '../../src/app/volumes-of.js';
import type { PreflightError } from '../../src/base/errors.js';

const plan = (kinds: readonly string[], volumes?: object) => ({
  cluster: { driver: 'process', params: { volumes }, nodeNames: [] },
  faults: kinds.map((kind, i) => ({ id: `fault-${i + 1}`, kind, params: {} })),
});
const lack = { what: 'mounting needs root', hint: 'run it as root' };
const machine = (volumeLack?: object) => ({
  findVolumeLack: async () => volumeLack,
  findThrottleLack: async () => ({ what: 'there is no blkio', hint: 'mount it' }),
  findPowerLossLack: async () => undefined,
});
const failureOf = (...args: [object, object]): Promise<PreflightError> =>
  requireAbilities(args[0] as never, args[1] as never).then(
    () => expect.unreachable(),
    (error) => error,
  );

it('tells all lacks at once, each of them once, with what to do', async () => {
  const error = await failureOf(
    plan(['disk-full', 'slow-disk', 'disk-full', 'storage-limit']),
    machine(lack),
  );
  expect(error.exit).toBe('preflight');
  expect(error.message).toBe(
    'this machine cannot do what the scenario asks for: ' +
      'fault-1 (disk-full), fault-2 (slow-disk), fault-3 (disk-full): mounting needs root',
  );
  expect(error.hint).toMatch(/^run it as root; or use storage-limit.*; run it as root$/);
});

it('lets what the machine can do pass, and tells of volumes that only the cluster asks for', async () => {
  await requireAbilities(plan(['disk-full', 'storage-limit']) as never, machine() as never);
  expect((await failureOf(plan(['slow-disk']), machine())).message).toContain('there is no blkio');
  const error = await failureOf(plan([], { sizeBytes: 2 ** 26 }), machine(lack));
  expect(error.message).toContain('cluster.volumes: mounting needs root');
});

it('puts stores on what the faults need: memory to fill, a block device to slow', () => {
  expect(volumesOf(plan(['node-kill', 'storage-limit']) as never)).toBeUndefined();
  expect(volumesOf(plan(['disk-full']) as never)).toBe('tmpfs');
  expect(volumesOf(plan(['disk-full', 'slow-disk']) as never)).toBe('loop');
});
