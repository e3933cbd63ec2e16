import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { Fault, Impact } from '../../src/contracts/fault.js';
import { FaultStage } from './fault-stage.js';

describe('the guards', () => {
  const down = (...names: string[]): Impact => ({ down: names, cuts: [] });

  it('refuse what would take a quorum, with the groups by name, before anything is recorded', async () => {
    using stage = new FaultStage();
    const result = await stage.run(stage.fault({}, down('n1', 'n2')), { targetNames: ['n1', 'n2'] });
    expect(result.status).toBe('refused');
    expect(result.detail).toBe(
      'it would take the quorum of meta (n1, n2, n3); `allow-quorum-loss: true` lets it pass',
    );
    expect(stage.types()).toEqual(['guard']);
    expect(stage.log.outstanding()).toEqual([]);
    stage.close();
    expect(stage.audit().map(({ act }) => act)).toEqual(['refused', 'closed']);
  });

  it.each([
    ['the fault', {}, { allowsQuorumLoss: true }],
    ['the scenario', { guards: { allowsQuorumLoss: true } }, {}],
  ])('let it pass where %s allows it', async (_, scene, plan) => {
    using stage = new FaultStage(scene);
    expect((await stage.run(stage.fault({}, down('n1', 'n2')), plan)).status).toBe('reverted');
  });

  it('reckon with every fault that holds', async () => {
    using stage = new FaultStage();
    const first = stage.run(stage.fault({}, down('n1')), { forNs: 3600 * NS.s });
    await stage.reaches('holding');
    const second = await stage.run(stage.fault({}, down('n2')), { id: 'fault-2', targetNames: ['n2'] });
    expect(second).toMatchObject({ status: 'refused' });
    expect(second.detail).toContain('with n1 away already');
    stage.halt.abort(new Error('the end'));
    expect((await first).status).toBe('reverted');
  });

  it('refuse more than guards.at-most at once, and name those that hold', async () => {
    using stage = new FaultStage({ guards: { atMost: 1 } });
    const first = stage.run(stage.fault(), { forNs: 3600 * NS.s });
    await stage.reaches('holding');
    const second = await stage.run(stage.fault(), { id: 'fault-2', targetNames: ['n2'] });
    expect(second.status).toBe('refused');
    expect(second.detail).toMatch(
      /^fault-1 \(lamp on n1, (just begun|for \d+ s now)\) holds, and 1 at once is the most that `guards\.at-most` allows$/,
    );
    stage.halt.abort(new Error('the end'));
    await first;
  });

  it('wait for one that is being healed, rather than refuse the next', async () => {
    using stage = new FaultStage({ guards: { atMost: 1 }, healMs: 20_000 });
    let isSlow = true;
    const { observe } = stage.fault();
    const slow: Fault['observe'] = async (context, of) => {
      if (of === 'after' && isSlow) return { holds: false, looks: [] };
      return observe(context, of);
    };
    const first = stage.run(stage.fault({ observe: slow }), { forNs: 1 });
    await stage.reaches('healing');
    const second = stage.run(stage.fault(), { id: 'fault-2', targetNames: ['n2'] });
    isSlow = false;
    expect([(await first).status, (await second).status]).toEqual(['reverted', 'reverted']);
  });

  it('refuse what another has to itself on the same node, and not on another one', async () => {
    using stage = new FaultStage({ claims: ['process'] });
    const first = stage.run(stage.fault(), { forNs: 3600 * NS.s });
    await stage.reaches('holding');
    const second = await stage.run(stage.fault(), { id: 'fault-2' });
    expect(second.status).toBe('refused');
    expect(second.detail).toMatch(/^fault-1 .* has the process of n1 to itself until it is healed$/);
    stage.halt.abort(new Error('the end'));
    await first;
  });

  it('refuse what takes servers away where nobody can say who votes, and nothing else', async () => {
    const groups = async () => {
      throw new Error('nobody answers');
    };
    using stage = new FaultStage({ groups });
    expect(await stage.run(stage.fault({}, down('n1')))).toMatchObject({
      status: 'refused',
      detail: expect.stringContaining('could not be found out (nobody answers)'),
    });
    expect((await stage.run(stage.fault())).status).toBe('reverted');
  });
});
