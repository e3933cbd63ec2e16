import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { Fault } from '../../src/contracts/fault.js';
import { HealedEarly } from '../../src/engine/fault-session.js';
import { verifyChain } from '../../src/undo/audit-chain.js';
import { compileSources } from '../processes/compiled-sources.js';
import { onFullDisk } from '../support/on-full-disk.js';
import { FaultStage } from './fault-stage.js';

const never = () => new Promise<never>(() => {});

describe('a fault', () => {
  it('is looked at, recorded, made, proven, healed and proven gone, and all of it is in the trail', async () => {
    using stage = new FaultStage();
    const result = await stage.run(stage.fault());
    expect(result).toMatchObject({
      status: 'reverted',
      before: { holds: true },
      during: { holds: true },
      after: { holds: true },
    });
    expect(stage.types()).toEqual(['fault-recorded', 'fault-injected', 'fault-observed', 'fault-reverted']);
    stage.close();
    expect(stage.audit().map(({ act, target }) => [act, target])).toEqual([
      ['recorded', 'n1'],
      ['injected', 'n1'],
      ['observed', 'n1'],
      ['reverted', 'n1'],
      ['closed', undefined],
    ]);
    expect(verifyChain(readFileSync(join(stage.directory, 'audit.ndjson'))).intact).toBe(true);
  });

  it('names what it touches where that is none of the nodes', async () => {
    using stage = new FaultStage();
    const target = { role: 'no-node', touched: ['the lamp'] } as const;
    const result = await stage.run(stage.fault(), { target });
    expect(result).toMatchObject({ status: 'reverted', target: 'the lamp', targets: ['the lamp'] });
    expect(stage.events.map(({ targets }) => targets)).toEqual([
      ['the lamp'],
      ['the lamp'],
      undefined,
      ['the lamp'],
    ]);
  });

  it('is not made where things are not as they should be before it: it would prove nothing', async () => {
    using stage = new FaultStage();
    stage.lamp.isOff = true;
    const { observe } = stage.fault();
    let looks = 0;
    const lookOften: Fault['observe'] = async (context, at) => {
      if (++looks === 3) stage.halt.abort(new Error('enough'));
      return observe(context, at);
    };
    const result = await stage.run(stage.fault({ observe: lookOften }));
    expect(result).toMatchObject({ status: 'not-run', injectedNs: 0, revertedNs: 0 });
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('leaves nothing with the run that outlasts it: a run makes thousands', async () => {
    using stage = new FaultStage();
    await stage.run(stage.fault());
    for (const { signal } of [stage.halt, stage.hurry])
      expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is healed and said to have failed when what surrounds it fails', async () => {
    using stage = new FaultStage();
    const broken = async () => {
      throw new Error('no generator is left');
    };
    const session = stage.session(stage.fault(), {}, broken);
    expect(await session.run(stage.halt.signal)).toMatchObject({
      status: 'failed',
      detail: 'no generator is left',
    });
    expect(stage.guards.admitted).toEqual([]);
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('is held for no longer than guards.longest, and says so', async () => {
    using stage = new FaultStage({ guards: { longestNs: 20 * NS.ms } });
    const result = await stage.run(stage.fault(), { forNs: 3600 * NS.s });
    expect(result.status).toBe('reverted');
    expect(result.detail).toBe('held for 20 ms instead of 60m 00s: `guards.longest` allows no more');
  });

  it('ends when somebody heals it before its time, and is then as good as any', async () => {
    using stage = new FaultStage();
    const running = stage.run(stage.fault(), { forNs: 3600 * NS.s });
    await stage.reaches('holding');
    stage.guards.admitted[0]?.end.abort(new HealedEarly('healed early by hand, by jane'));
    expect(await running).toMatchObject({ status: 'reverted', detail: 'healed early by hand, by jane' });
    expect(stage.lamp.isOff).toBe(false);
  });

  it('is not made any more when somebody heals it in the moment before', async () => {
    using stage = new FaultStage();
    let made = false;
    const inject = async () => {
      made = true;
    };
    const result = await stage
      .session(stage.fault({ inject }), {}, async () => stage.halt.abort(new Error('the end')))
      .run(stage.halt.signal);
    expect(result.status).toBe('failed');
    expect(made).toBe(false);
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('that is healed before it could show is nowhere said to have had no effect', async () => {
    using stage = new FaultStage();
    let looks = 0;
    const observe: Fault['observe'] = async (_, at) => {
      if (at === 'during') looks++;
      return { holds: at !== 'during', looks: [{ at: 'lamp', saw: 'nothing yet' }] };
    };
    const running = stage.run(stage.fault({ observe }), { forNs: 3600 * NS.s });
    await waitFor(() => looks > 0, { timeoutMs: 30_000, everyMs: 5 });
    stage.guards.admitted[0]?.end.abort(new HealedEarly('healed early by hand, by jane'));
    expect(await running).toMatchObject({ status: 'failed', detail: 'healed early by hand, by jane' });
    expect(stage.types()).not.toContain('fault-observed');
    stage.close();
    expect(stage.audit().map(({ act }) => act)).not.toContain('observed');
  });

  it('is healed at a second try, and then is reverted', async () => {
    using stage = new FaultStage({ stubborn: 1 });
    expect(await stage.run(stage.fault())).toMatchObject({ status: 'reverted', after: { holds: true } });
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('that no try heals is said with what is left, keeps its place in the guards, and can be healed later', async () => {
    using stage = new FaultStage({ stubborn: 2, healMs: 50 });
    const session = stage.session(stage.fault());
    stage.hurry.abort(new Error('hurry'));
    const result = await session.run(stage.halt.signal);
    expect(result).toMatchObject({ status: 'unreverted', detail: 'switch it on: it will not' });
    expect(stage.log.outstanding().map(({ id }) => id)).toEqual(['fault-1']);
    expect(stage.guards.admitted.map((each) => each.stage)).toEqual(['unreverted']);
    // Somebody by hand and the end of the run, at once: one undoing, and one end of it.
    const [first, second] = await Promise.all([session.heal(), session.heal()]);
    expect(first).toBe(second);
    expect(first).toMatchObject({ status: 'unreverted' });
    expect(await session.heal()).toMatchObject({ status: 'reverted', during: { holds: true } });
    expect(stage.log.outstanding()).toEqual([]);
    expect(stage.guards.admitted).toEqual([]);
  });
});

describe('a fault that hangs', () => {
  it('in its injection is given up after its time, and healed', async () => {
    using stage = new FaultStage();
    const { lamp } = stage;
    const inject: Fault['inject'] = async ({ signal }) => {
      lamp.isOff = true;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const result = await stage.run(stage.fault({ inject, injectWithinNs: 50 * NS.ms }));
    expect(result).toMatchObject({ status: 'failed', detail: 'its injection took longer than 50 ms' });
    expect(result.revertedNs).toBeGreaterThan(0);
    expect(lamp.isOff).toBe(false);
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('in its injection is healed once more when that ends after all, and stays open until then', async () => {
    using stage = new FaultStage();
    const { lamp } = stage;
    let goOn = () => {};
    let switchedOff = false;
    const inject: Fault['inject'] = async () => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      lamp.isOff = true;
      switchedOff = true;
    };
    const result = await stage.run(stage.fault({ inject, injectWithinNs: 20 * NS.ms }));
    expect(result.status).toBe('failed');
    expect(stage.log.outstanding().map(({ id }) => id)).toEqual(['fault-1']);
    goOn();
    expect(await waitFor(() => switchedOff && !lamp.isOff, { timeoutMs: 30_000, everyMs: 5 })).toBe(true);
  });

  it.each(['prepare', 'observe'] as const)(
    'in %s ends with the run, and has touched nothing',
    async (method) => {
      using stage = new FaultStage();
      const running = stage.run(stage.fault({ [method]: never }));
      await waitFor(() => stage.guards.admitted.length > 0, { timeoutMs: 30_000, everyMs: 5 });
      stage.halt.abort(new Error('the end'));
      expect(await running).toMatchObject({ status: 'not-run', revertedNs: 0 });
      expect(stage.guards.admitted).toEqual([]);
      expect(stage.lamp.isOff).toBe(false);
    },
  );
});

describe('a fault whose record cannot be written', () => {
  it('is not made', async () => {
    // Writing to it fails as on a full disk.
    using stage = new FaultStage({ journalFile: '/dev/full' });
    const result = await stage.run(stage.fault());
    expect(result).toMatchObject({ status: 'failed', injectedNs: 0, revertedNs: 0 });
    expect(result.detail).toContain('what is done cannot be written down, so nothing is');
    expect(stage.lamp.isOff).toBe(false);
    // Nothing was done that would have to be undone at the end.
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('is healed all the same when the disk is full only after it has begun', async () => {
    using stage = new FaultStage();
    await using compiled = await compileSources(
      'engine/fault-session.ts',
      'engine/fault-guards.ts',
      'engine/journal.ts',
    );
    const script = fileURLToPath(new URL('./support/fault-on-full-disk.mjs', import.meta.url));
    const stdout = await onFullDisk(16, [script, compiled.url(''), stage.directory]);
    expect(JSON.parse(stdout)).toEqual({
      status: 'reverted',
      isOff: false,
      unwritten: ['EFBIG', 'EFBIG'],
      outstanding: [],
    });
  });
});
