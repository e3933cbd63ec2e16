import { describe, expect, it } from 'vitest';
import { DetailLimit } from '../../../src/monitor/servers/detail-limit.js';
import { GroupBook, type ServersKnown } from '../../../src/monitor/servers/group-book.js';
import type { GroupPages } from '../../../src/monitor/servers/group-views.js';
import type { StreamDetail } from '../../../src/nats/jsz-detail.js';

/** What `server` tells of a stream, or of a consumer, that `leader` leads. */
const led = (name: string, leader: string, ...followers: string[]) => ({
  name,
  cluster: {
    leader,
    leader_since: '2026-01-01T00:00:00Z',
    replicas: followers.map((follower) => ({ name: follower, current: true, active: 1 })),
  },
});

const page = (server: string, ...streams: StreamDetail[]): GroupPages => ({
  server,
  metaLeaderSinceMs: undefined,
  jsz: { account_details: [{ name: 'SHOP', id: 'SHOP', stream_detail: streams }] },
});

/** All of n1, n2 and n3 are watched unless told; those of them that are on no page are away. */
const known = (
  away: readonly string[] = [],
  watched: readonly string[] = ['n1', 'n2', 'n3'],
): ServersKnown => ({
  isAway: (name) => away.includes(name),
  isWatched: (name) => watched.includes(name),
  knownSinceMs: () => 0,
  label: (name) => name,
});

const bookOf = (maxStreams = 10, maxConsumers = 10) =>
  new GroupBook(new DetailLimit(maxStreams, maxConsumers), { publish: () => {} });

const figures = (book: GroupBook, metric: string): Record<string, number> =>
  Object.fromEntries(
    [...book.families()]
      .filter(({ name }) => name === metric)
      .flatMap(({ samples }) => [...samples])
      .map(({ labels, value }) => {
        const { stream, consumer, server } = labels;
        return [[stream, consumer, server].filter((part) => part).join(' '), value];
      }),
  );
const leaders = (book: GroupBook) => figures(book, 'cim_nats_raft_has_leader');

const onlyAtN3 = led('ONLY', 'n3');
const orders = led('ORDERS', 'n1', 'n2', 'n3');
const withConsumer = (stream: StreamDetail) => ({ ...stream, consumer_detail: [led('worker', 'n3')] });
const deleted = (kind: string, stream: string, consumer?: string) => ({
  kind: `${kind}.DELETED`,
  subject: '',
  text: '',
  stream,
  ...(consumer !== undefined && { consumer }),
});

describe('the book of Raft groups', () => {
  it('names the server of a group of one replica, and of no other: who is away is told by cim_nats_up', async () => {
    const book = bookOf();
    await book.settle([page('n1', led('ORDERS', 'n1', 'n2')), page('n3', onlyAtN3)], known());
    expect(leaders(book)).toEqual({ ORDERS: 1, 'ONLY n3': 1 });
    await book.settle([page('n1', led('ORDERS', 'n1', 'n2'))], known(['n3']));
    expect(leaders(book)).toEqual({ ORDERS: 1, 'ONLY n3': 0 });
  });

  it('names the servers of those that are told as one, too', async () => {
    const book = bookOf(1);
    const atN2 = ['B', 'C'].map((name) => led(name, 'n2'));
    await book.settle([page('n1', led('A', 'n1')), page('n2', ...atN2), page('n3', onlyAtN3)], known());
    await book.settle([page('n1', led('A', 'n1')), page('n2', ...atN2)], known(['n3']));
    expect(leaders(book)).toEqual({ 'A n1': 1, 'other n2': 1, 'other n3': 0 });
  });

  it('forgets a group when none of its servers is watched any more', async () => {
    const book = bookOf();
    await book.settle([page('n1'), page('n3', onlyAtN3)], known());
    await book.settle([page('n1')], known(['n3']));
    expect(leaders(book)).toEqual({ 'ONLY n3': 0 });
    await book.settle([page('n1')], known([], ['n1', 'n2']));
    expect(leaders(book)).toEqual({});
  });

  it('goes on telling of a group of which one server is watched, and away', async () => {
    const book = bookOf();
    await book.settle([page('n1', led('ORDERS', 'n1', 'n2', 'n3'))], known());
    await book.settle([], known(['n1'], ['n1']));
    expect(leaders(book)).toEqual({ ORDERS: 0 });
  });

  it('forgets a stream, and its consumers, that was deleted while its server was away', async () => {
    const book = bookOf();
    await book.settle([page('n1'), page('n3', withConsumer(onlyAtN3))], known());
    await book.settle([page('n1')], known(['n3']));
    expect(leaders(book)).toEqual({ 'ONLY n3': 0, 'ONLY worker n3': 0 });
    book.onAdvisory(deleted('STREAM', 'ONLY'), 'SHOP');
    await book.settle([page('n1')], known(['n3']));
    expect(leaders(book)).toEqual({});
  });

  it('forgets a consumer that was deleted, or whose stream is gone, while its server was away', async () => {
    const book = bookOf();
    const start = async () => {
      await book.settle([page('n1', orders), page('n3', withConsumer(orders))], known());
      await book.settle([page('n1', orders)], known(['n3']));
      expect(leaders(book)).toEqual({ ORDERS: 1, 'ORDERS worker n3': 0 });
    };
    await start();
    book.onAdvisory(deleted('CONSUMER', 'ORDERS', 'worker'), 'SHOP');
    await book.settle([page('n1', orders)], known(['n3']));
    expect(leaders(book)).toEqual({ ORDERS: 1 });
    await start();
    await book.settle([page('n1')], known(['n3']));
    expect(leaders(book)).toEqual({});
  });

  it('believes its servers that a group is there, whoever says that it was deleted', async () => {
    const book = bookOf();
    await book.settle([page('n3', onlyAtN3)], known());
    book.onAdvisory({ kind: 'STREAM.QUORUM_LOST', subject: '', text: '', stream: 'ONLY' }, 'SHOP');
    book.onAdvisory(deleted('STREAM', 'ONLY'), 'SHOP');
    await book.settle([page('n3', onlyAtN3)], known());
    expect(leaders(book)).toEqual({ 'ONLY n3': 1 });
    expect(figures(book, 'cim_nats_quorum_lost_total')).toEqual({ ONLY: 1 });
  });

  it('never lets the sum of those that are told as one fall', async () => {
    const book = bookOf(1);
    const lost = () => figures(book, 'cim_nats_quorum_lost_total');
    const streams = ['A', 'B', 'C'].map((name) => led(name, 'n1', 'n2'));
    await book.settle([page('n1', ...streams)], known());
    expect(lost()).toEqual({ A: 0, other: 0 });
    for (const stream of ['A', 'B', 'C']) {
      book.onAdvisory({ kind: 'STREAM.QUORUM_LOST', subject: '', text: '', stream }, 'SHOP');
    }
    expect(lost()).toEqual({ A: 1, other: 2 });
    await book.settle([page('n1', ...streams.slice(0, 2))], known());
    expect(lost()).toEqual({ A: 1, other: 2 });
    await book.settle([page('n1', ...streams.slice(0, 1))], known());
    expect(lost()).toEqual({ A: 1, other: 2 });
  });
});
