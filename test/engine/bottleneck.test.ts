import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { type Bottleneck, findBottleneck } from '../../src/engine/bottleneck.js';
import type { FellBehind } from '../../src/engine/resource-book.js';
import type { Figures } from '../../src/metrics/resource-figures.js';

interface Meanwhile {
  readonly own: Figures;
  readonly servers?: number;
  readonly process?: number;
  readonly machine?: Figures;
}

function bottleneckOf({
  own,
  servers = 0.4,
  process = 1,
  machine = { machineShare: 0.4 },
}: Meanwhile): Bottleneck {
  const behind: FellBehind = {
    total: { due: 1000, sent: 500, dropped: 500, late: 0, short: 0, held: 0 },
    worst: 0,
    meanwhile: [
      { kind: 'server', name: 'n1', figures: { cpuShare: servers / 2 } },
      { kind: 'server', name: 'n2', figures: { cpuShare: servers / 2 } },
      { kind: 'generator', name: 'orders 0', figures: own },
      { kind: 'monitor', name: 'monitor', figures: { cpuShare: 0.05 } },
      { kind: 'process', name: 'stormglass', figures: { cpuShare: process } },
      { kind: 'machine', name: 'machine', figures: machine },
    ],
  };
  return findBottleneck(behind, 'orders', { workers: 1, cores: 4 });
}

describe('the bottleneck of a load that fell behind', () => {
  it('is the thread where that used its core up: more workers help, as many as it takes', () => {
    const { resource, cause, hint } = bottleneckOf({ own: { cpuShare: 0.98, loopShare: 1 } });
    expect(resource).toBe('thread CPU');
    expect(cause).toBe('its thread used 98 % of a core, which is all that one thread can');
    expect(hint).toMatch(/^give it `workers: 2`, or lower its rate \(it managed 50 % of it\)/);
  });

  it('is the thread, and more workers are no help here, where no core is left', () => {
    const own = { cpuShare: 0.98, loopShare: 1 };
    const { resource, hint } = bottleneckOf({ own, servers: 2.9, machine: { machineShare: 1 } });
    expect(resource).toBe('thread CPU');
    expect(hint).toMatch(
      /more `workers` \(2 would do\) on a machine with more cores: of the 4 of this one, 0\.0 were free/,
    );
  });

  it.each([
    ['servers', { servers: 3, process: 0.8 }, /run the servers on another machine/],
    ['stormglass', { servers: 0.8, process: 3 }, /run the load on another machine/],
    ['others', { servers: 0.3, process: 0.5 }, /end what else runs on this machine/],
  ])(
    'is the cores of the machine where it had to wait for one, and says that %s had them',
    (_, use, advice) => {
      const own = { cpuShare: 0.3, runQueueShare: 0.6, loopShare: 0.9 };
      const { resource, cause, hint } = bottleneckOf({ own, ...use, machine: { machineShare: 1 } });
      expect(resource).toBe('cores');
      expect(cause).toContain('its thread had one for 30 % of the time and waited for one for 60 %');
      expect(cause).toContain(
        `of 4 cores, servers used ${use.servers.toFixed(2)}, generators 0.30, the monitor 0.05`,
      );
      expect(cause).toContain(`others ${(4 - use.servers - use.process).toFixed(2)}`);
      expect(hint).toMatch(advice);
    },
  );

  it('is the garbage collector where that took the thread, however busy it was', () => {
    const own = { cpuShare: 0.99, loopShare: 1, gcShare: 0.6, heapShare: 0.97 };
    const { resource, cause, hint } = bottleneckOf({ own });
    expect(resource).toBe('garbage collection');
    expect(cause).toContain("took 60 % of its thread's time (97 % of its heap was in use)");
    expect(hint).toContain('--max-old-space-size');
  });

  it('is the host of a virtual machine that took the cores away', () => {
    const own = { cpuShare: 0.5, runQueueShare: 0.4 };
    const { resource, cause } = bottleneckOf({ own, machine: { machineShare: 0.6, stolenShare: 0.35 } });
    expect(resource).toBe('host');
    expect(cause).toContain('35 %');
  });

  it('is whatever stopped the thread where it stood still without computing', () => {
    const own = { cpuShare: 0.1, runQueueShare: 0.01, loopShare: 0.3, loopDelayMaxNs: 1.4 * NS.s };
    const { resource, cause } = bottleneckOf({ own });
    expect(resource).toBe('standstill');
    expect(cause).toContain('stood still for up to 1.4 s');
  });

  it('is the thread where only its event loop is known, and never rested', () => {
    expect(bottleneckOf({ own: { loopShare: 0.99 } })).toMatchObject({
      resource: 'thread CPU',
      cause: expect.stringContaining('never rested'),
    });
  });

  it('is not made up where nothing that was measured says why', () => {
    const { resource, cause } = bottleneckOf({ own: { cpuShare: 0.2, runQueueShare: 0.05, loopShare: 0.3 } });
    expect(resource).toBe('unknown');
    expect(cause).toMatch(/^nothing that is measured says why \(its thread used 20 % of a core/);
  });
});
