import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../../nats/test-cluster.js';
import { answered } from '../../support/answered.js';
import { pauseProcess } from '../../support/pause-process.js';
import { figure, startProbes, until } from './probed.js';

const STREAM = { kind: 'stream', account: '$G', stream: 'ORDERS', consumer: '' };

async function createStream({ access }: TestCluster): Promise<string> {
  const nc = await connect({ servers: access.servers.map(({ host, port }) => `${host}:${port}`) });
  const jsm = await answered(() => jetstreamManager(nc));
  const stream = { name: 'ORDERS', subjects: ['orders.>'], num_replicas: 3 };
  const info = await answered(() => jsm.streams.add(stream));
  await nc.close();
  return info.cluster?.leader ?? '';
}

describe('probes under fire', () => {
  it('finds a paused node unhealthy and its figures old, while those of the others stay fresh', async () => {
    await using cluster = await startTestCluster();
    await using probed = startProbes(cluster, { deadlineMs: 500 });
    const { probes } = probed;
    const age = (server: string) => figure(probes, 'cim_nats_probe_age_seconds', { server }) ?? Number.NaN;
    await until('three healthy nodes', () => figure(probes, 'cim_nats_healthy', { server: 'n3' }) === 1);
    const paused = cluster.nodes[2]!;
    await pauseProcess(paused.pid);
    try {
      await until('n3 unhealthy', () => figure(probes, 'cim_nats_healthy', { server: 'n3' }) === 0);
      // Of a look that was under way, some answers may have come.
      await until('n3 away', () => figure(probes, 'cim_nats_up', { server: 'n3' }) === 0);
      const old = age('n3');
      // The age of the others falls again and again, for as long as that of the paused one grows.
      await until('new figures of n1 and n2', () => age('n3') > old + 3 && age('n1') < 2 && age('n2') < 2);
      const port = (server: string) => figure(probes, 'gnatsd_varz_port', { server_id: server });
      await until('the page of n1', () => port('n1') === cluster.nodes[0]?.port);
      expect(port('n3')).toBeUndefined();
    } finally {
      process.kill(paused.pid, 'SIGCONT');
    }
    await until('n3 back', () => figure(probes, 'cim_nats_healthy', { server: 'n3' }) === 1);
    expect(probed.events.map(({ type, fields }) => `${type} ${fields.server}`)).toEqual(
      expect.arrayContaining(['ServerDown n3', 'ServerUp n3']),
    );
  });

  it('tells of a lost quorum once, when two of three are dead, and goes on while NATS cannot be used', async () => {
    await using cluster = await startTestCluster();
    const leader = await createStream(cluster);
    await using probed = startProbes(cluster);
    const { probes, events } = probed;
    const lost = () => figure(probes, 'cim_nats_quorum_lost_total', STREAM);
    await until('a leader', () => figure(probes, 'cim_nats_raft_has_leader', STREAM) === 1);
    expect(lost()).toBe(0);
    const survivor = cluster.nodes.find(({ name }) => name !== leader)!;
    await Promise.all(cluster.nodes.filter((node) => node !== survivor).map((node) => node.stop('SIGKILL')));
    await until('a lost quorum', () => lost() === 1);
    expect(figure(probes, 'cim_nats_raft_has_leader', STREAM)).toBe(0);
    await until('no meta leader', () => figure(probes, 'cim_nats_meta_has_leader') === 0);
    await until('the survivor alone', () => figure(probes, 'cim_nats_cluster_size') === 1);
    await until(
      'a lost meta quorum',
      () => figure(probes, 'cim_nats_quorum_lost_total', { kind: 'meta' }) === 1,
    );
    await survivor.stop('SIGKILL');
    await until('nobody', () => figure(probes, 'cim_nats_cluster_size') === 0);
    // Nobody tells of the stream any more: it is known to have no leader, and is not forgotten.
    expect(figure(probes, 'cim_nats_raft_has_leader', STREAM)).toBe(0);
    expect(figure(probes, 'cim_nats_up', { server: survivor.name })).toBe(0);
    expect(lost()).toBe(1);
    expect(
      events.filter(({ type, fields }) => type === 'QuorumLost' && fields.kind === 'stream'),
    ).toHaveLength(1);
  });
});
