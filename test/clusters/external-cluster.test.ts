import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { PreflightError, UsageError } from '../../src/base/errors.js';
import { startExternalCluster } from '../../src/clusters/external-cluster.js';
import { externalClusterSchema } from '../../src/clusters/external-cluster-schema.js';
import { startTestServer } from '../support/nats-server.js';

const never = new AbortController().signal;

const start = (
  given: Record<string, unknown>,
  options: { allow?: readonly string[]; env?: Record<string, string>; signal?: AbortSignal } = {},
) =>
  startExternalCluster(externalClusterSchema.parse(given), {
    allow: options.allow ?? [],
    place: { env: options.env ?? {}, home: '/nowhere' },
    runId: 'test-run',
    cwd: '/',
    signal: options.signal ?? never,
  });

const problems = (given: unknown): string[] =>
  (externalClusterSchema.safeParse(given).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

async function listening(
  onConnection: (socket: import('node:net').Socket) => void,
): Promise<AsyncDisposable & { address: string }> {
  const server: Server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test('servers of somebody else are known by their own names, and only loaded', async () => {
  await using server = await startTestServer({ config: { server_name: 'theirs' } });
  const address = `127.0.0.1:${server.port}`;
  await using cluster = await start(
    { servers: [`nats://${address}`], allow: [address], 'monitor-urls': [server.monitorUrl] },
    { allow: [`nats://${address}`] },
  );
  expect(cluster.nodes).toEqual([
    { name: 'theirs', host: '127.0.0.1', clientPort: server.port, monitorUrl: server.monitorUrl },
  ]);
  expect(cluster.access).toEqual({ servers: [{ host: '127.0.0.1', port: server.port }] });
  expect([...cluster.capabilities]).toEqual(['load']);
  await expect(cluster.signal('theirs', 'SIGKILL')).rejects.toThrow('was not started by stormglass');
  await expect(cluster.startNode('theirs')).rejects.toThrow('was not started by stormglass');
  expect(() => cluster.startRecord('theirs')).toThrow('was not started by stormglass');
  expect(() => cluster.node('n1')).toThrow(RangeError);
  await cluster[Symbol.asyncDispose]();
  expect((await fetch(`${server.monitorUrl}/healthz`)).ok).toBe(true);
});

test('two addresses of one server are told apart', async () => {
  await using server = await startTestServer({ config: { server_name: 'theirs' } });
  const addresses = [`127.0.0.1:${server.port}`, `localhost:${server.port}`];
  await using cluster = await start({ servers: addresses, allow: addresses }, { allow: addresses });
  expect(cluster.nodes.map(({ name }) => name)).toEqual(addresses);
});

test('a system of somebody else is loaded only with consent in the scenario and on the command line', async () => {
  expect(problems({ servers: ['nats://10.0.0.1'] })).toEqual([
    'servers.0: 10.0.0.1:4222 is not in `allow`: a system that stormglass did not start is loaded only where that says so',
  ]);
  const given = {
    servers: ['nats://10.0.0.1', 'nats://10.0.0.2:4000'],
    allow: ['10.0.0.1', '10.0.0.2:4000'],
  };
  const missing = await start(given, { allow: ['10.0.0.1:4222'] }).catch((error) => error);
  expect(missing).toBeInstanceOf(UsageError);
  expect(missing.message).toBe('there is no consent to load 10.0.0.2:4000 on the command line');
  expect(missing.hint).toBe('Add it: --allow 10.0.0.2:4000');
  await expect(start(given, { allow: ['ws://10.0.0.1'] })).rejects.toThrow(
    '--allow ws://10.0.0.1: ws:// is not supported',
  );
});

test('credentials come from the scenario or from the environment', async () => {
  await using server = await startTestServer();
  const address = `127.0.0.1:${server.port}`;
  const given = { servers: [address], allow: [address] };
  const options = { allow: [address], env: { NATS_PASSWORD: 'secret', EMPTY: '' } };
  const withUser = await start({ ...given, auth: { user: 'me', 'password-env': 'NATS_PASSWORD' } }, options);
  expect(withUser.access).toMatchObject({ user: 'me', password: 'secret' });
  expect((await start({ ...given, auth: { token: 't' } }, options)).access).toMatchObject({ token: 't' });
  for (const variable of ['UNSET', 'EMPTY']) {
    const failed = start({ ...given, auth: { 'token-env': variable } }, options);
    await expect(failed).rejects.toThrow(`environment variable ${variable} is not set`);
    await expect(failed).rejects.toThrow(UsageError);
  }
});

test('what does not answer as a NATS server is a preflight error that says how', async () => {
  await using server = await startTestServer();
  const fail = async (address: string): Promise<Error> => {
    const error = await start({ servers: [address], allow: [address] }, { allow: [address] }).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(PreflightError);
    return error;
  };
  const gone = `127.0.0.1:${server.port}`;
  await server.stop();
  expect((await fail(gone)).message).toBe(`cannot connect: ${gone}: connect ECONNREFUSED ${gone}`);
  await using web = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect((await fail(web.address)).message).toMatch(/not a protocol line: .*HTTP/);
  await using shy = await listening((socket) => socket.end());
  expect((await fail(shy.address)).message).toContain('the server closed the connection');
});

test('a greeting that never comes can be interrupted', async () => {
  const abort = new AbortController();
  await using silent = await listening((socket) => {
    socket.on('error', () => {});
    abort.abort(new Error('Ctrl-C'));
  });
  await expect(
    start(
      { servers: [silent.address], allow: [silent.address] },
      { allow: [silent.address], signal: abort.signal },
    ),
  ).rejects.toThrow('Ctrl-C');
});

test.each([
  [{ servers: [] }, 'servers: at least one server is needed'],
  [
    { servers: ['wss://a:4443'] },
    'servers.0: wss:// is not supported: expected nats://host:port or tls://host:port',
  ],
  [{}, ': the key `servers` is missing, or `nodes`, or a `context` of the `nats` command that names them'],
  [{ servers: ['nats://me:secret@a'] }, 'servers.0: credentials do not belong into an address: see `auth`'],
  [{ servers: ['me:secret@a:99999'] }, 'servers.0: credentials do not belong into an address: see `auth`'],
  [
    { servers: ['a'], allow: ['a'], 'monitor-urls': ['http://me:secret@a:8222'] },
    'monitor-urls.0: credentials do not belong into this URL',
  ],
  [
    { servers: ['nats://a:b'] },
    'servers.0: nats://a:b is not the address of a server, such as nats://10.0.0.1:4222',
  ],
  [
    { servers: ['a'], allow: ['a'], 'monitor-urls': [] },
    'monitor-urls: 0 URLs for 1 servers: give one for each, or none',
  ],
  [
    { servers: ['a'], allow: ['a'], auth: { user: 'x', 'user-env': 'Y' } },
    'auth.user-env: user and user-env exclude each other',
  ],
  [
    { servers: ['a'], allow: ['a'], auth: { 'creds-file': 'x', 'creds-env': 'Y' } },
    'auth.creds-env: creds-file and creds-env exclude each other',
  ],
  [
    { servers: ['a'], allow: ['a'], auth: { password: 1234 } },
    'auth.password: this must be a text: put it in quotes',
  ],
])('%j is refused: %s', (given, problem) => {
  expect(problems(given)).toContain(problem);
});

test('addresses are compared as what they mean', () => {
  const { servers, allow } = externalClusterSchema.parse({
    servers: ['nats://HOST', 'tls://[::1]:4223'],
    allow: ['host:4222', 'nats://[::1]:4223'],
  });
  expect(servers).toEqual([
    { host: 'host', port: 4222, address: 'host:4222' },
    { host: '::1', port: 4223, address: '[::1]:4223', tls: true },
  ]);
  expect(allow).toEqual(['host:4222', '[::1]:4223']);
});
