import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { startTestCluster, type TestCluster } from '../../nats/test-cluster.js';
import { answered } from '../../support/answered.js';
import { type Probed, samplesOf, startProbes, until } from './probed.js';

/** A stream of three replicas, with an ephemeral consumer of one: what most clients make. Returns the name of its server. */
async function createConsumer(jsm: JetStreamManager): Promise<{ name: string; server: string }> {
  const name = await waitFor(
    async () => {
      await jsm.streams.add({ name: 'ORDERS', subjects: ['orders.>'], num_replicas: 3 });
      return (await jsm.consumers.add('ORDERS', { ack_policy: 'explicit', num_replicas: 1 })).name;
    },
    { timeoutMs: 60_000, everyMs: 500 },
  );
  const { cluster } = await answered(() => jsm.consumers.info('ORDERS', name as string));
  return { name: name as string, server: cluster?.leader ?? '' };
}

/** Of each group whether it has a leader: `ORDERS worker n1`. */
const leaders = ({ probes }: Probed): Record<string, number> =>
  Object.fromEntries(
    samplesOf(probes)
      .filter(({ name, labels }) => name === 'cim_nats_raft_has_leader' && labels.kind !== 'meta')
      .map(({ labels: { stream, consumer, server }, value }) => [
        [stream, consumer, server].filter((part) => part).join(' '),
        value,
      ]),
  );

const clientOf = ({ access }: TestCluster) =>
  connect({
    servers: access.servers.map(({ host, port }) => `${host}:${port}`),
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
  });

it('tells of a consumer of one replica whose server was killed as long as that is watched, and no longer', async () => {
  await using cluster = await startTestCluster();
  const nc = await clientOf(cluster);
  const { name, server } = await createConsumer(await answered(() => jetstreamManager(nc)));
  const consumer = `ORDERS ${name} ${server}`;
  await using probed = startProbes(cluster);
  await until('both', () => leaders(probed)[consumer] === 1 && leaders(probed).ORDERS === 1);
  await cluster.nodes.find((node) => node.name === server)!.stop('SIGKILL');
  await until('its end', () => leaders(probed)[consumer] === 0);
  await until('another leader of the stream', () => leaders(probed).ORDERS === 1);
  const left = cluster.nodes.filter((node) => node.name !== server);
  probed.probes.useTargets(left.map(({ monitorUrl }) => ({ monitorUrl })));
  await until('nothing of it', () => Object.keys(leaders(probed)).join() === 'ORDERS');
  await nc.close();
});

it('forgets a consumer whose server is away when its stream is deleted', async () => {
  await using cluster = await startTestCluster();
  const nc = await clientOf(cluster);
  const jsm = await answered(() => jetstreamManager(nc));
  const { name, server } = await createConsumer(jsm);
  await using probed = startProbes(cluster);
  await until('a leader', () => leaders(probed)[`ORDERS ${name} ${server}`] === 1);
  await cluster.nodes.find((node) => node.name === server)!.stop('SIGKILL');
  await until('its end', () => leaders(probed)[`ORDERS ${name} ${server}`] === 0);
  // The answer to the first may be lost with the leader.
  const isGone = (error: unknown) => String(error).includes('stream not found');
  const gone = await waitFor(() => jsm.streams.delete('ORDERS').catch(isGone), { timeoutMs: 60_000 });
  expect(gone).toBe(true);
  await until('nothing', () => Object.keys(leaders(probed)).length === 0);
  await nc.close();
});
