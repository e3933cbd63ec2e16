import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../support/nats-server.js';
import { figure, samplesOf, startProbes, until } from './probed.js';

async function storeOf({ monitorUrl }: TestServer): Promise<string> {
  const { jetstream } = (await (await fetch(`${monitorUrl}/varz`)).json()) as {
    jetstream: { config: { store_dir: string } };
  };
  return jetstream.config.store_dir;
}

const nodesOf = (...servers: TestServer[]) => ({
  nodes: servers.map((server, index) => ({ ...server, name: `n${index + 1}` })),
  access: (servers[0] as TestServer).access,
});

describe('the figures of servers', () => {
  it('tell one that answers and is not healthy from one that is away', async () => {
    await using server = await startTestServer({ jetstream: true, config: { server_name: 'solo' } });
    await using probed = startProbes(nodesOf(server));
    const told = (name: string) => figure(probed.probes, name, { server: 'solo' });
    await until('health', () => told('cim_nats_healthy') === 1);
    // Streams of an account that the server does not know: it says so, and goes on.
    const stray = join(await storeOf(server), 'NOBODY');
    await mkdir(stray);
    await until('no health', () => told('cim_nats_healthy') === 0);
    expect(told('cim_nats_up')).toBe(1);
    expect(figure(probed.probes, 'cim_nats_cluster_size')).toBe(1);
    await until(
      'the exporter’s figure',
      () => figure(probed.probes, 'gnatsd_healthz_status', { server_id: 'solo' }) === 1,
    );
    await until('word of it', () => probed.events.some(({ fields }) => fields.health === 'unavailable'));
    expect(probed.events.find(({ fields }) => fields.health === 'unavailable')).toMatchObject({
      type: 'ServerProbed',
      fields: { server: 'solo', error: expect.stringContaining('NOBODY') },
    });
    expect(probed.events.filter(({ type }) => type === 'ServerDown')).toEqual([]);
    await rm(stray, { recursive: true });
    await until('health again', () => told('cim_nats_healthy') === 1);
  });

  it('expect no routes between servers of two clusters', async () => {
    const start = (name: string, cluster: string) =>
      startTestServer({ config: { server_name: name, cluster: { name: cluster, listen: '127.0.0.1:-1' } } });
    await using east = await start('e1', 'east');
    await using west = await start('w1', 'west');
    await using probed = startProbes(nodesOf(east, west));
    const expected = () =>
      samplesOf(probed.probes)
        .filter(({ name }) => name === 'cim_nats_routes_expected')
        .map(({ labels, value }) => `${labels.server} ${value}`);
    // One may be up before it has told its name, and its cluster: by another of its pages.
    await until('both by their names', () => expected().join() === 'e1 0,w1 0');
    expect(figure(probed.probes, 'cim_nats_cluster_size')).toBe(2);
    expect(figure(probed.probes, 'cim_nats_cluster_expected_size')).toBe(2);
  });

  it('are told under the address of a server that has no name: its id is another after each start', async () => {
    await using server = await startTestServer();
    await using probed = startProbes(nodesOf(server));
    const { host } = new URL(server.monitorUrl);
    await until('a look', () => figure(probed.probes, 'cim_nats_up') === 1);
    expect(figure(probed.probes, 'cim_nats_up', { server: host })).toBe(1);
    const port = () => figure(probed.probes, 'gnatsd_varz_port', { server_id: host });
    await until('its page', () => port() === server.port);
  });
});
