import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { SERVER_METRICS } from '../../../src/monitor/catalog/server-metrics.js';
import { startTestCluster, type TestCluster } from '../../nats/test-cluster.js';
import { answered } from '../../support/answered.js';
import { EXPORTED } from './exporter-metrics.js';
import { familiesOf, figure, type Probed, samplesOf, startProbes, until } from './probed.js';

/** In this order: the last test leaves the cluster with two of three nodes. */
describe('probes of a cluster of three', () => {
  let cluster: TestCluster;
  let nc: NatsConnection;
  let jsm: JetStreamManager;
  let probed: Probed;

  beforeAll(async () => {
    cluster = await startTestCluster();
    nc = await connect({ servers: cluster.access.servers.map(({ host, port }) => `${host}:${port}`) });
    jsm = await answered(() => jetstreamManager(nc));
    await answered(() => jsm.streams.add({ name: 'ORDERS', subjects: ['orders.>'], num_replicas: 3 }));
    await answered(() => jsm.streams.add({ name: 'COPY', mirror: { name: 'ORDERS' } }));
    await answered(() => jsm.streams.add({ name: 'SUM', sources: [{ name: 'ORDERS' }] }));
    const worker = { durable_name: 'worker', ack_policy: 'explicit', description: 'works' } as const;
    await answered(() => jsm.consumers.add('ORDERS', worker));
    const js = jetstream(nc);
    for (const msgID of ['1', '2']) await answered(() => js.publish('orders.Placed', '', { msgID }));
    const first = await answered(async () => {
      const message = await (await js.consumers.get('ORDERS', 'worker')).next();
      if (message === null) throw new Error('no message came');
      return message as typeof message & Pick<Msg, 'reply'>;
    });
    await answered(() => nc.request(first.reply as string, '+ACK', { timeout: 5000 }));
    probed = startProbes(cluster);
  });

  afterAll(async () => {
    await probed?.[Symbol.asyncDispose]();
    await nc?.close();
    await cluster?.[Symbol.asyncDispose]();
  });

  const stream = { kind: 'stream', account: '$G', stream: 'ORDERS', consumer: '' };
  const all = (name: string) => samplesOf(probed.probes).filter((sample) => sample.name === name);
  const byServer = (name: string) =>
    Object.fromEntries(all(name).map(({ labels, value }) => [labels.server, value]));

  it('serves what the exporter of the NATS project serves: names, types and labels', async () => {
    const served = () =>
      new Map(
        familiesOf(probed.probes)
          .filter(({ name }) => !name.startsWith('cim_'))
          .map(({ name, type, samples }) => {
            const labelNames = new Set([...samples].map(({ labels }) => Object.keys(labels).sort().join()));
            return [name, { type, labels: [...labelNames].join(' | ').split(',') }];
          }),
      );
    await until('every metric of the exporter', () =>
      [...EXPORTED.keys()].every((name) => served().has(name)),
    );
    const found = served();
    for (const [name, exported] of EXPORTED)
      expect({ name, ...found.get(name) }).toEqual({ name, ...exported });
    // Another version of the server has another page; of all else nothing is invented.
    const invented = [...found.keys()].filter((name) => !EXPORTED.has(name));
    expect(invented.filter((name) => !name.startsWith('gnatsd_varz_'))).toEqual([]);
    for (const { name, labels, samples } of familiesOf(probed.probes)) {
      for (const sample of samples)
        expect({ name, labels: Object.keys(sample.labels) }).toEqual({ name, labels });
    }
  });

  it('gives the figures that the servers give', async () => {
    await until(
      'three copies of two messages',
      () =>
        all('jetstream_stream_total_messages').filter(
          ({ labels, value }) => labels.stream_name === 'ORDERS' && value === 2,
        ).length === 3,
    );
    const leader = { stream_name: 'ORDERS', is_stream_leader: 'true' };
    // While they elect, two of the pages may name a leader, or none.
    await until(
      'what the leader tells',
      () =>
        figure(probed.probes, 'jetstream_stream_last_seq', leader) === 2 &&
        figure(probed.probes, 'jetstream_stream_consumer_count', leader) === 1,
    );
    const port = cluster.nodes[1]?.port;
    await until('its page', () => figure(probed.probes, 'gnatsd_varz_port', { server_id: 'n2' }) === port);
    await until(
      'one message to come, one acknowledged',
      () =>
        figure(probed.probes, 'jetstream_consumer_num_pending', { is_consumer_leader: 'true' }) === 1 &&
        figure(probed.probes, 'jetstream_consumer_ack_floor_stream_seq', { is_consumer_leader: 'true' }) ===
          1,
    );
  });

  it('tells what the exporter does not: the cluster, its routes, who leads and who follows', async () => {
    await until('a leader', () => figure(probed.probes, 'cim_nats_raft_has_leader', stream) === 1);
    const three = { n1: 1, n2: 1, n3: 1 };
    await until('all three', () => Object.values(byServer('cim_nats_up')).every((value) => value === 1));
    expect(byServer('cim_nats_up')).toEqual(three);
    await until('health', () => Object.values(byServer('cim_nats_healthy')).every((value) => value === 1));
    await until('all routes', () => Object.values(byServer('cim_nats_routes')).every((value) => value === 2));
    await until('a meta leader', () => figure(probed.probes, 'cim_nats_meta_has_leader') === 1);
    expect(figure(probed.probes, 'cim_nats_cluster_size')).toBe(3);
    expect(figure(probed.probes, 'cim_nats_cluster_expected_size')).toBe(3);
    expect(byServer('cim_nats_routes')).toEqual({ n1: 2, n2: 2, n3: 2 });
    expect(byServer('cim_nats_routes_expected')).toEqual({ n1: 2, n2: 2, n3: 2 });
    expect(figure(probed.probes, 'cim_nats_meta_has_leader')).toBe(1);
    expect(Object.values(byServer('cim_nats_meta_leader')).sort()).toEqual([0, 0, 1]);
    // A page is older than the answer to a question.
    const isTold = await waitFor(
      async () => {
        const server = (await jsm.streams.info('ORDERS')).cluster?.leader ?? '';
        return figure(probed.probes, 'cim_nats_raft_leader', { ...stream, server }) === 1;
      },
      { timeoutMs: 30_000 },
    );
    expect(isTold).toBe(true);
    // Of one replica it matters which server has it.
    const sum = { kind: 'stream', account: '$G', stream: 'SUM', consumer: '' };
    const only = (await answered(() => jsm.streams.info('SUM'))).cluster?.leader ?? '';
    await until('its leader', () => figure(probed.probes, 'cim_nats_raft_has_leader', sum) === 1);
    const servers = all('cim_nats_raft_has_leader').map(({ labels }) => [labels.stream, labels.server]);
    expect(servers).toContainEqual(['SUM', only]);
    expect(servers).toContainEqual(['ORDERS', '']);
    await until('no replica offline, and none behind', () =>
      ['n1', 'n2', 'n3'].every(
        (server) =>
          figure(probed.probes, 'cim_nats_raft_replica_offline', { ...stream, server }) === 0 &&
          figure(probed.probes, 'cim_nats_raft_replica_lag', { ...stream, server }) === 0,
      ),
    );
    const told = new Map(familiesOf(probed.probes).map((family) => [family.name, family]));
    for (const { name, type, labels } of SERVER_METRICS)
      expect(told.get(name)).toMatchObject({ type, labels });
    expect(
      probed.events
        .filter(({ type }) => type === 'ServerUp')
        .map(({ fields }) => fields.server)
        .sort(),
    ).toEqual(['n1', 'n2', 'n3']);
  });

  it('counts an election once, told by an advisory and seen on a page', async () => {
    const elections = () => figure(probed.probes, 'cim_nats_elections_total', stream);
    const told = () =>
      figure(probed.probes, 'cim_nats_advisories_total', { kind: 'STREAM.LEADER_ELECTED' }) ?? 0;
    // What was told before they listened is lost to them: the election must not be, whichever server tells of it.
    await Promise.all(
      cluster.nodes.map(async ({ name, port }) => {
        const kind = `STREAM.HEARD_${name}`;
        const own = await connect({ servers: `127.0.0.1:${port}` });
        await until(`an advisory by ${name}`, () => {
          own.publish(`$JS.EVENT.ADVISORY.${kind}.NONE`, '{}');
          return figure(probed.probes, 'cim_nats_advisories_total', { kind }) !== undefined;
        });
        await own.close();
      }),
    );
    // An election of before they listened is known when each server's page was read once more.
    const since = probed.events.length;
    await until('every page anew', () => {
      const anew = probed.events.slice(since).filter(({ type }) => type === 'ServerProbed');
      return ['n1', 'n2', 'n3'].every(
        (name) => anew.filter(({ fields }) => fields.server === name).length > 1,
      );
    });
    const before = elections() ?? 0;
    const toldBefore = told();
    const old = (await answered(() => jsm.streams.info('ORDERS'))).cluster?.leader;
    const answer = await nc.request('$JS.API.STREAM.LEADER.STEPDOWN.ORDERS', '', { timeout: 30_000 });
    expect(answer.json()).toMatchObject({ success: true });
    await until('the advisory', () => told() > toldBefore);
    await until(
      'the new leader on a page',
      () => figure(probed.probes, 'cim_nats_raft_leader', { ...stream, server: old ?? '' }) === 0,
    );
    await until('another look', () => (elections() ?? 0) > before);
    // One, unless a busy machine had them elect again: that is told and seen one after the other.
    await until('each election once', () => elections() === before + told() - toldBefore);
    const counted = elections() as number;
    const elected = probed.events.filter(
      ({ type, fields }) =>
        type === 'LeaderElected' && fields.stream === 'ORDERS' && fields.kind === 'stream',
    );
    expect(elected).toHaveLength(counted);
  });

  it('sees a node that is gone: up, size, routes, and its replicas offline', async () => {
    const gone = cluster.nodes[2]!;
    await gone.stop('SIGKILL');
    const isUp = (server: string) => figure(probed.probes, 'cim_nats_up', { server }) === 1;
    await until('two nodes', () => isUp('n1') && isUp('n2') && !isUp('n3'));
    expect(figure(probed.probes, 'cim_nats_cluster_size')).toBe(2);
    expect(byServer('cim_nats_up')).toEqual({ n1: 1, n2: 1, n3: 0 });
    expect(figure(probed.probes, 'cim_nats_cluster_expected_size')).toBe(3);
    expect(
      figure(probed.probes, 'gnatsd_healthz_status_value', { server_id: 'n3', value: 'unreachable' }),
    ).toBe(0);
    expect(all('gnatsd_varz_cpu').map(({ labels }) => labels.server_id)).toEqual(['n1', 'n2']);
    await until('routes', () => figure(probed.probes, 'cim_nats_routes', { server: 'n1' }) === 1);
    await until('both', () => Object.keys(byServer('cim_nats_routes_expected')).join() === 'n1,n2');
    expect(byServer('cim_nats_routes_expected')).toEqual({ n1: 2, n2: 2 });
    await until(
      'the replica offline',
      () => figure(probed.probes, 'cim_nats_raft_replica_offline', { ...stream, server: 'n3' }) === 1,
    );
    const { events } = probed;
    expect(events).toContainEqual({
      domain: 'nats',
      type: 'ServerDown',
      fields: { server: 'n3', reason: expect.stringMatching(/ECONN|closed|socket/i) },
    });
    const lostBy = () =>
      events.flatMap(({ type, fields: { peer, server } }) =>
        type === 'RouteLost' && peer === 'n3' ? [server] : [],
      );
    await until('both to tell', () => new Set(lostBy()).size === 2);
  });
});
