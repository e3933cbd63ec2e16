import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { mountsBelow } from '../../src/processes/mounts.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { skipped, THROTTLE_LACK, VOLUME_LACK } from '../support/store-scene.js';

const LOAD =
  '[{ name: orders, kind: js-publish, domains: [orders], rate: 300/s, for: 60s, max-lateness: 30s }]';
const SHORT = LOAD.replace('60s', '5s');

/** What is left of mounts, given the time that unmounting takes. */
async function mountsLeft(place: Workplace): Promise<unknown[]> {
  await waitFor(async () => (await mountsBelow(place.root)).length === 0, { timeoutMs: 60_000 });
  return mountsBelow(place.root);
}

describe('volumes of a run', () => {
  it.skipIf(THROTTLE_LACK !== undefined)(
    `are unmounted, and their bounds taken off, by the watchdog when the run is killed in mid-fault${skipped(THROTTLE_LACK)}`,
    async () => {
      await using place = new Workplace();
      const text = scenarioText({
        cluster: '{ driver: process, nodes: 3, volumes: { size: 64MiB } }',
        load: LOAD,
        faults: `[{ at: 1s, for: 40s, kind: disk-full, target: n1 },
                  { at: 1s, for: 40s, kind: slow-disk, writes: 50/s, target: n2, allow-quorum-loss: true }]`,
      });
      const run = place.startScenario(text);
      const seen = (fault: string) => (event: { type: string; fault?: unknown }) =>
        event.type === 'fault-observed' && event.fault === fault;
      await place.event(seen('fault-1'), 'the first fault');
      await place.event(seen('fault-2'), 'the second fault');
      const devices = (await mountsBelow(place.root)).map(({ device }) => device);
      expect(devices).toHaveLength(3);
      run.child.kill('SIGKILL');

      expect(await mountsLeft(place)).toEqual([]);
      expect(await place.leftovers()).toEqual([]);
      for (const bound of ['bps', 'iops']) {
        const held = readFileSync(`/sys/fs/cgroup/blkio/blkio.throttle.write_${bound}_device`, 'utf8');
        expect(devices.filter((device) => held.includes(`${device} `))).toEqual([]);
      }
      const undone = place.journal().filter(({ type }) => type === 'undo');
      expect(undone.every((event) => event.by === 'watchdog' && event.undone === true)).toBe(true);
    },
  );

  it.skipIf(VOLUME_LACK !== undefined)(
    `go with the run that ends in order, and its disk-full heals under load${skipped(VOLUME_LACK)}`,
    async () => {
      await using place = new Workplace();
      const text = scenarioText({
        // Long enough for a leader's election, which takes up to nine seconds, to be less than half of it.
        load: LOAD.replace('60s', '25s'),
        faults: '[{ at: 1s, for: 2s, kind: disk-full, target: n1 }]',
      });
      const { code, stderr } = await place.runScenario(text);
      expect(code, stderr).toBe(0);
      expect(place.summary().faults[0]).toMatchObject({ status: 'reverted', kind: 'disk-full' });
      expect(await mountsLeft(place)).toEqual([]);
      expect(await place.leftovers()).toEqual([]);
    },
  );
});

it('says at preflight all that cannot be done here, and starts nothing', async () => {
  await using place = new Workplace();
  const text = scenarioText({
    load: SHORT,
    faults: `[{ at: 1s, for: 1s, kind: clock-skew, by: 5m, target: n1 },
              { at: 3s, for: 1s, kind: clock-skew, by: 1h, target: n2 }]`,
  });
  const { code, stderr } = await place.runScenario(text);
  expect(code).toBe(3);
  expect(stderr).toMatch(/fault-1 \(clock-skew\), fault-2 \(clock-skew\): no machine known to us can shift/);
  expect(place.runDirs()).toEqual([]);
  expect(await place.leftovers()).toEqual([]);
});
