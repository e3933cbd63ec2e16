import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import type { GroupView } from '../../../src/monitor/servers/group-views.js';
import { judgeGroup, judgeSilence } from '../../../src/monitor/servers/judge-group.js';
import type { PeerState } from '../../../src/nats/endpoints.js';

const peer = (name: string, more: Partial<PeerState> = {}): PeerState => ({ name, current: true, ...more });
const away =
  (...names: string[]) =>
  (server: string) =>
    names.includes(server);

/** n1 leads n2 and n3. */
const leading: GroupView = {
  server: 'n1',
  leader: 'n1',
  leaderSinceMs: 7,
  replicas: [peer('n2'), peer('n3')],
};
const following = (server: string, other: string, more: Partial<PeerState> = {}): GroupView => ({
  server,
  leader: 'n1',
  replicas: [peer('n1', more), peer(other, { current: false })],
});

describe('what the views of a Raft group come to', () => {
  it('is the leader whom a majority follows, with what it says of its followers', () => {
    const state = judgeGroup([leading, following('n2', 'n3'), following('n3', 'n2')], away());
    expect(state).toMatchObject({
      members: ['n1', 'n2', 'n3'],
      leader: 'n1',
      leaderSinceMs: 7,
      isBelowQuorum: false,
    });
    expect(state.replicas.map(({ server, offline }) => `${server} ${offline}`)).toEqual([
      'n1 false',
      'n2 false',
      'n3 false',
    ]);
  });

  it('believes a leader alone only while it is in touch with a majority', () => {
    expect(judgeGroup([leading], away()).leader).toBe('n1');
    const cutOff = {
      ...leading,
      replicas: [peer('n2', { offline: true }), peer('n3', { active: 11 * NS.s })],
    };
    expect(judgeGroup([cutOff], away()).leader).toBeUndefined();
  });

  it('takes the word of those who follow a new leader against the old one, that does not know yet', () => {
    const views: GroupView[] = [
      leading,
      {
        server: 'n2',
        leader: 'n2',
        leaderSinceMs: 9,
        replicas: [peer('n1', { current: false }), peer('n3')],
      },
      { server: 'n3', leader: 'n2', replicas: [peer('n1'), peer('n2')] },
    ];
    expect(judgeGroup(views, away())).toMatchObject({ leader: 'n2', leaderSinceMs: 9 });
  });

  it('has no leader that has died, though those who followed it name it for a while', () => {
    const views = [following('n2', 'n3', { current: false }), following('n3', 'n2', { current: false })];
    const state = judgeGroup(views, away('n1'));
    expect(state).toMatchObject({ leader: undefined, isBelowQuorum: false });
    expect(state.replicas).toContainEqual({ server: 'n1', offline: true });
  });

  it('knows a follower to be gone before the leader says so: it does not answer, and the leader hears nothing', () => {
    const offline = (more: Partial<PeerState>, isAway: (server: string) => boolean) =>
      judgeGroup([{ ...leading, replicas: [peer('n2', more), peer('n3')] }], isAway).replicas.find(
        ({ server }) => server === 'n2',
      )?.offline;
    expect(offline({ active: 4 * NS.s }, away())).toBe(false);
    expect(offline({ active: 4 * NS.s }, away('n2'))).toBe(true);
    expect(offline({ active: NS.s }, away('n2'))).toBe(false);
    expect(offline({ active: 11 * NS.s }, away())).toBe(true);
    expect(offline({ offline: true }, away())).toBe(true);
    // A leader that was elected without it has never heard of it.
    expect(offline({ active: 0, current: false, lag: 5000 }, away('n2'))).toBe(true);
    expect(offline({ active: 0, current: false }, away())).toBe(false);
  });

  it('is below its quorum when fewer answer than could elect anybody', () => {
    const alone: GroupView = { server: 'n3', leader: '', replicas: [peer('n1'), peer('n2')] };
    expect(judgeGroup([alone], away('n1', 'n2')).isBelowQuorum).toBe(true);
    expect(judgeGroup([alone], away('n1')).isBelowQuorum).toBe(false);
    const heard = { ...alone, leader: 'n1', replicas: [peer('n1', { active: NS.s }), peer('n2')] };
    expect(judgeGroup([heard], away('n1', 'n2')).isBelowQuorum).toBe(false);
    expect(judgeSilence(judgeGroup([alone], away()), away('n1', 'n2', 'n3'))).toMatchObject({
      leader: undefined,
      isBelowQuorum: true,
    });
  });
});
