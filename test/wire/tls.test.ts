import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess, TlsAccess } from '../../src/contracts/load.js';
import { connectControl } from '../../src/nats/connect.js';
import { WireConnection } from '../../src/wire/connection.js';
import { type TemporaryDirectory, temporaryDirectory } from '../processes/temporary-directory.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';
import { DAY_MS, type TestAuthority, testAuthority } from '../support/tls-files.js';

let directory: TemporaryDirectory;
let ours: TestAuthority;
let theirs: TestAuthority;
const servers: TestServer[] = [];
const opened: WireConnection[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
  [ours, theirs] = [await testAuthority(directory.path), await testAuthority(directory.path)];
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

afterAll(() => directory[Symbol.asyncDispose]());

async function serverOf(
  tls: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<TestServer> {
  const server = await startTestServer({ config: { tls, ...more } });
  servers.push(server);
  return server;
}

/** A connection, and everything it told its listener. */
function connectionTo(access: ServerAccess) {
  const payloads: string[] = [];
  const events: string[] = [];
  const connection = new WireConnection(
    { access, name: 'test', connectTimeoutMs: 60_000 },
    {
      onMessage: ({ buffer, payloadStart, payloadEnd }) =>
        payloads.push(Buffer.from(buffer.subarray(payloadStart, payloadEnd)).toString()),
      onConnected: ({ port }) => events.push(`connected ${port}`),
      onDisconnected: (reason) => events.push(`disconnected: ${reason}`),
      onRefused: ({ port }, reason) => events.push(`refused ${port}: ${reason}`),
    },
  );
  opened.push(connection);
  return { connection, payloads, events };
}

/** Sends a megabyte to itself and back, in frames that reads cut anywhere. */
async function echoes({ connection, payloads }: ReturnType<typeof connectionTo>): Promise<void> {
  connection.subscribe('big');
  const text = 'x'.repeat(1000);
  for (let i = 0; i < 1000; i++) connection.publish('big', `${i}${text}`);
  await connection.flush();
  expect(payloads).toHaveLength(1000);
  expect(payloads).toEqual(Array.from({ length: 1000 }, (_, i) => `${i}${text}`));
}

/** How the wire and the control connection, which are different clients, both fail. */
async function refusals(access: ServerAccess): Promise<{ message: string; hint: string; exit: string }[]> {
  const wire = connectionTo(access).connection.connect();
  const control = connectControl(access, { name: 'test' });
  return Promise.all(
    [wire, control].map((attempt) =>
      attempt.then(
        () => undefined,
        (error) => error,
      ),
    ),
  );
}

describe('TLS', () => {
  it.each<[string, Record<string, unknown>, (ca: TestAuthority) => TlsAccess]>([
    ['a server that begins in the clear', {}, ({ ca }) => ({ ca })],
    ['a server that begins with TLS', { handshake_first: true }, ({ ca }) => ({ ca, handshakeFirst: true })],
    ['a server that verifies clients', { verify: true }, (authority) => authority.clientTls()],
    [
      'a server that does both',
      { verify: true, handshake_first: true },
      (authority) => ({ ...authority.clientTls(), handshakeFirst: true }),
    ],
    ['a server by another name', {}, ({ ca }) => ({ ca, serverName: 'localhost' })],
    ['a server that nobody vouches for, where that is wanted', {}, () => ({ verify: false })],
  ])('is spoken with %s', async (_what, settings, tlsOf) => {
    const server = await serverOf(ours.serverTls(settings));
    const access = { ...server.access, tls: tlsOf(ours) };
    const client = connectionTo(access);
    await client.connection.connect();
    await echoes(client);
    const nc = await connectControl(access, { name: 'test' });
    await nc.flush();
    await nc.close();
  });

  it('is spoken where it is asked for and only offered, and not where it is not asked for', async () => {
    const server = await serverOf(ours.serverTls(), { allow_non_tls: true });
    const plain = connectionTo(server.access).connection;
    const secure = connectionTo({ ...server.access, tls: { ca: ours.ca } }).connection;
    await Promise.all([plain.connect(), secure.connect()]);
    const { connections } = (await (await fetch(`${server.monitorUrl}/connz`)).json()) as {
      connections: { tls_version?: string }[];
    };
    expect(connections.map((each) => each.tls_version).sort()).toEqual(['1.3', undefined]);
    const nc = await connectControl(server.access, { name: 'test' });
    await nc.close();
  });

  it.each<[string, () => Record<string, unknown>, () => TlsAccess | undefined, RegExp, RegExp]>([
    [
      'from a CA that nobody named',
      () => ours.serverTls(),
      () => undefined,
      /: its certificate comes from a CA that is not trusted here/,
      /tls\.ca/,
    ],
    [
      'from another CA',
      () => ours.serverTls(),
      () => ({ ca: theirs.ca }),
      /CA that is not trusted here/,
      /tls\.ca/,
    ],
    [
      'that has expired',
      () =>
        ours.serverTls(
          {},
          { notAfter: new Date(Date.now() - DAY_MS), notBefore: new Date(Date.now() - 2 * DAY_MS) },
        ),
      () => ({ ca: ours.ca }),
      /its certificate, or the certificate of its CA, has expired/,
      /Renew/,
    ],
    [
      'that is not valid yet',
      () => ours.serverTls({}, { notBefore: new Date(Date.now() + DAY_MS) }),
      () => ({ ca: ours.ca }),
      /is not valid yet/,
      /clock/,
    ],
    [
      'for another host',
      () => ours.serverTls({}, { hosts: ['nats.example'] }),
      () => ({ ca: ours.ca }),
      /its certificate is for another name \(for DNS:nats\.example; not for 127\.0\.0\.1\)/,
      /server-name/,
    ],
    [
      'for another name than the expected',
      () => ours.serverTls(),
      () => ({ ca: ours.ca, serverName: 'nats.example' }),
      /its certificate is for another name/,
      /server-name/,
    ],
  ])('refuses a server with a certificate %s, and says so', async (_what, serverTls, tls, message, hint) => {
    const server = await serverOf(serverTls());
    const given = tls();
    for (const error of await refusals({ ...server.access, ...(given && { tls: given }) })) {
      expect(error).toMatchObject({ exit: 'preflight' });
      expect(error.message).toMatch(message);
      expect(error.message).toContain(`127.0.0.1:${server.port}`);
      expect(error.hint).toMatch(hint);
    }
  });

  it.each<[string, () => TlsAccess]>([
    ['none', () => ({ ca: ours.ca })],
    ['one of another CA', () => ({ ...theirs.clientTls(), ca: ours.ca })],
    [
      'an expired one',
      () => ours.clientTls({ notAfter: new Date(Date.now() - DAY_MS), notBefore: new Date(0) }),
    ],
  ])('that wants a certificate of the client says what to check when it gets %s', async (_what, tls) => {
    const server = await serverOf(ours.serverTls({ verify: true }));
    for (const error of await refusals({ ...server.access, tls: tls() })) {
      expect(error).toMatchObject({ exit: 'preflight' });
      expect(error.hint).toMatch(/tls\.cert|Renew/);
    }
  });

  it('is not given up for a server that does not speak it', async () => {
    const server = await startTestServer();
    servers.push(server);
    for (const error of await refusals({ ...server.access, tls: {} })) {
      expect(error.message).toMatch(/TLS is asked for, and the server does not speak it/);
    }
    const first = await connectionTo({ ...server.access, tls: { handshakeFirst: true } })
      .connection.connect()
      .catch((error) => error);
    expect(first.message).toMatch(/does not begin with TLS/);
    expect(first.hint).toMatch(/handshake-first/);
  });

  it('is begun at once where the server waits for it: a client that waits is told', async () => {
    const server = await serverOf(ours.serverTls({ handshake_first: true }));
    const wire = new WireConnection(
      { access: { ...server.access, tls: { ca: ours.ca } }, name: 'test', connectTimeoutMs: 200 },
      { onMessage: () => {} },
    );
    await expect(wire.connect()).rejects.toMatchObject({ hint: expect.stringContaining('handshake-first') });
  });

  it('takes nothing for true that came in the clear after it was agreed upon', async () => {
    const injecting = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('INFO {"tls_required":true}\r\nMSG forged 1 2\r\nhi\r\n');
    });
    await new Promise<void>((resolve) => injecting.listen(0, '127.0.0.1', resolve));
    const { port } = injecting.address() as { port: number };
    const { connection, payloads } = connectionTo({ servers: [{ host: '127.0.0.1', port }] });
    await expect(connection.connect()).rejects.toThrow(/a message before the handshake/);
    expect(payloads).toEqual([]);
    injecting.close();
  });

  it('goes on at another server, and counts one that it cannot trust any more as a refusal, over and over', async () => {
    const [first, second] = await Promise.all([serverOf(ours.serverTls()), serverOf(theirs.serverTls())]);
    const access = { servers: [...first.access.servers, ...second.access.servers] };
    const client = connectionTo({ ...access, tls: { ca: ours.ca } });
    await client.connection.connect();
    await first.stop('SIGKILL');
    const refused = () =>
      client.events.filter((event) => event.startsWith(`refused ${second.port}: its certificate`));
    expect(await waitFor(() => refused().length >= 2, { timeoutMs: 60_000 })).toBe(true);
    expect(client.connection.connected).toBe(false);
    expect(client.events.slice(0, 2)).toEqual([
      `connected ${first.port}`,
      expect.stringMatching(/^disconnected: /),
    ]);
  });

  it('says of each write whether the kernel has it, and how much it has not', async () => {
    const server = await serverOf(ours.serverTls());
    const { connection } = connectionTo({ ...server.access, tls: { ca: ours.ca } });
    await connection.connect();
    const flushed = await new Promise((resolve) => {
      expect(connection.write(Buffer.from('PUB a 2\r\nhi\r\n'), resolve)).toBe(true);
    });
    expect(flushed).toBe(true);
    expect(connection.pendingBytes).toBe(0);
    await pauseProcess(server.pid);
    const block = Buffer.from('PUB a 2\r\nhi\r\n'.repeat(80_000));
    const ends: boolean[] = [];
    for (let i = 0; i < 30; i++) connection.write(block, (taken) => ends.push(taken));
    await waitFor(() => connection.pendingBytes > 0, { timeoutMs: 60_000 });
    expect(connection.pendingBytes).toBeGreaterThan(0);
    expect(connection.heldNs).toBeGreaterThan(0);
    await server.stop('SIGKILL');
    await waitFor(() => ends.length === 30, { timeoutMs: 60_000 });
    expect(ends).toHaveLength(30);
    expect(ends.at(-1)).toBe(false);
  });
});
