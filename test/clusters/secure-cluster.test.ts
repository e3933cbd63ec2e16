import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { connectControl } from '../../src/nats/connect.js';
import { openControl } from '../../src/nats/control.js';
import { WireConnection } from '../../src/wire/connection.js';
import { clusterTest } from './cluster-for-test.js';

const name = 'test';

async function wireTo(access: ServerAccess): Promise<WireConnection> {
  const wire = new WireConnection({ access, name }, { onMessage: () => {} });
  await wire.connect();
  return wire;
}

/** Creates a stream on all three servers and publishes to it, by the control connection and by the wire. */
async function useStream(cluster: Cluster): Promise<void> {
  await using control = await openControl({ access: cluster.access, nodes: cluster.nodes });
  await control.createStreams([{ name: 'SAFE', subjects: ['safe'], config: { num_replicas: 3 } }]);
  const wire = await wireTo(cluster.access);
  // A server that does not know yet of the stream on another drops what is published without asking for an answer.
  await expect
    .poll(async () => {
      wire.publish('safe', 'x');
      await wire.flush();
      return (await control.streamBounds('SAFE'))?.lastSequence;
    })
    .toBeGreaterThanOrEqual(10);
  await wire.close();
}

/** The user that the server took us for, and the account. */
async function whoAmI(access: ServerAccess): Promise<string> {
  const nc = await connectControl(access, { name });
  const answer = (await nc.request('$SYS.REQ.USER.INFO', '', { timeout: 20_000 })).json<{
    data: { account: string };
  }>();
  await nc.close();
  return answer.data.account;
}

describe('a cluster with TLS', () => {
  it('encrypts clients and routes with certificates of its own, which only its owner may read', async () => {
    await using place = await clusterTest();
    await using cluster = await place.start({ nodes: 3, tls: true });
    await useStream(cluster);
    for (const each of [cluster.access, cluster.systemAccess as ServerAccess]) {
      const wire = await wireTo(each);
      expect(wire.info).toMatchObject({ tls_required: true });
      await wire.close();
    }
    const stranger = wireTo({ servers: cluster.access.servers });
    await expect(stranger).rejects.toThrow(/its certificate comes from a CA that is not trusted here/);
    const varz = (await (await fetch(`${cluster.nodes[0]?.monitorUrl}/varz`)).json()) as { cluster: object };
    expect(varz.cluster).toMatchObject({ tls_required: true, tls_verify: true });

    const directory = join(place.directory, 'work', 'tls');
    const files = readdirSync(directory);
    expect(files).toEqual(['ca.crt', 'client.crt', 'client.key', 'server.crt', 'server.key']);
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777, file).toBe(0o600);
  });

  it('that verifies its clients lets in only those with a certificate of its CA', async () => {
    await using place = await clusterTest();
    await using cluster = await place.start({ nodes: 1, jetstream: false, tls: { verify: true } });
    const wire = await wireTo(cluster.access);
    await wire.close();
    const { ca } = cluster.access.tls ?? {};
    const bare = wireTo({ ...cluster.access, tls: { ca: ca as string } });
    await expect(bare).rejects.toMatchObject({
      exit: 'preflight',
      hint: expect.stringContaining('tls.cert'),
    });
  });
});

describe('a cluster with users', () => {
  it.each([
    ['user', ['user', 'password']],
    ['nkey', ['nkeySeed']],
    ['jwt', ['jwt', 'nkeySeed']],
  ])('by %s lets in the load and the system, each in its account, and nobody else', async (auth, secrets) => {
    await using place = await clusterTest();
    await using cluster = await place.start({ nodes: 3, auth, tls: auth === 'jwt' });
    const { access, systemAccess } = cluster as Required<Cluster>;
    expect(Object.keys(access)).toEqual(expect.arrayContaining(secrets));
    await useStream(cluster);
    const [load, system] = [await whoAmI(access), await whoAmI(systemAccess)];
    expect(load).not.toBe(system);
    expect(auth === 'jwt' ? system : 'SYSTEM').toMatch(/^(A[A-Z2-7]{55}|SYSTEM)$/);
    const { servers, tls } = access;
    const nobody = wireTo({ servers, ...(tls && { tls }) });
    await expect(nobody).rejects.toThrow(/Authorization Violation/);
    await expect(nobody).rejects.toMatchObject({
      hint: expect.stringContaining('without credentials'),
    });
    const files = readdirSync(join(place.directory, 'work')).filter((file) =>
      /\.(nk|creds|conf)$/.test(file),
    );
    for (const file of files) {
      expect(statSync(join(place.directory, 'work', file)).mode & 0o777, file).toBe(0o600);
    }
  });

  it('is the same after one of its servers was killed and started again', async () => {
    await using place = await clusterTest();
    await using cluster = await place.start({
      nodes: 2,
      jetstream: false,
      auth: 'jwt',
      tls: { verify: true },
    });
    const wire = await wireTo(cluster.access);
    const before = wire.server;
    await cluster.signal('n1', 'SIGKILL');
    await expect.poll(() => wire.connected && wire.server !== before).toBe(true);
    await wire.close();
    await cluster.startNode('n1');
    const again = () => wireTo({ ...cluster.access, servers: [before] });
    await waitFor(async () => (await again()).close().then(() => true), { timeoutMs: 30_000 });
    expect(await whoAmI({ ...cluster.access, servers: [before] })).toMatch(/^A/);
  });
});
