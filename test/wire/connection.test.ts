import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { CLOSED_BY_US, WireConnection, type WireConnectionOptions } from '../../src/wire/connection.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { pauseProcess, whileStopped } from '../support/pause-process.js';

const opened: WireConnection[] = [];
const servers: TestServer[] = [];
const listeners: Server[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()));
  for (const listener of listeners.splice(0)) listener.close();
});

async function serverOf(config: Record<string, unknown> = {}): Promise<TestServer> {
  const server = await startTestServer({ config });
  servers.push(server);
  return server;
}

const accessTo = (...to: { port: number }[]): ServerAccess => ({
  servers: to.map(({ port }) => ({ host: '127.0.0.1', port })),
});

/** A server that is only busy is not to be left, nor passed over: whoever is in a hurry says so. */
const PATIENT = { connectTimeoutMs: 60_000, pingEveryMs: 60_000 };

/** A connection, and everything it told its listener. */
function connectionTo(access: ServerAccess, options: Partial<WireConnectionOptions> = {}) {
  const payloads: string[] = [];
  const events: string[] = [];
  const connection = new WireConnection(
    { access, name: 'test', ...PATIENT, ...options },
    {
      onMessage: ({ buffer, payloadStart, payloadEnd }) =>
        payloads.push(Buffer.from(buffer.subarray(payloadStart, payloadEnd)).toString()),
      onConnected: ({ port }) => events.push(`connected ${port}`),
      onDisconnected: (reason) => events.push(`disconnected: ${reason}`),
      onServerError: (text) => events.push(`-ERR ${text}`),
    },
  );
  opened.push(connection);
  return { connection, payloads, events };
}

/** Something that accepts connections and says `text`, and nothing else. */
async function listenerSaying(text: string): Promise<{ port: number }> {
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(text);
  });
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return { port: (listener.address() as { port: number }).port };
}

/** Nobody listens there, and nobody is given it: a port that was free a moment ago may be somebody's by now. */
const NOBODY = { port: 1 };

const until = (look: () => boolean) => waitFor(look, { timeoutMs: 60_000, everyMs: 10 });

describe('WireConnection', () => {
  it('publishes, subscribes, and knows when the server has taken everything in', async () => {
    const server = await serverOf();
    const { connection, payloads, events } = connectionTo(server.access);
    await connection.connect();
    connection.subscribe('greetings.*');
    connection.publish('greetings.world', 'hello');
    await connection.flush();
    expect(payloads).toEqual(['hello']);
    expect(connection.info).toMatchObject({ version: expect.stringMatching(/^2\./), max_payload: 1048576 });
    await connection.close();
    expect(events).toEqual([`connected ${server.port}`, `disconnected: ${CLOSED_BY_US}`]);
  });

  it('gets no echo of its own messages when it wants none, and none after it unsubscribed', async () => {
    const server = await serverOf();
    const quiet = connectionTo(server.access, { echo: false });
    const other = connectionTo(server.access);
    await Promise.all([quiet.connection.connect(), other.connection.connect()]);
    const sid = quiet.connection.subscribe('>');
    await quiet.connection.flush();
    quiet.connection.publish('a', 'mine');
    other.connection.publish('a', 'theirs');
    await other.connection.flush();
    await until(() => quiet.payloads.length > 0);
    quiet.connection.unsubscribe(sid);
    await quiet.connection.flush();
    other.connection.publish('a', 'too late');
    await other.connection.flush();
    await quiet.connection.flush();
    expect(quiet.payloads).toEqual(['theirs']);
  });

  it.each([
    [{ user: 'ann', password: 'right' }, true],
    [{ user: 'ann', password: 'wrong' }, false],
    [{}, false],
  ])('authenticates with %j', async (credentials, isRight) => {
    const server = await serverOf({ authorization: { user: 'ann', password: 'right' } });
    const { connection } = connectionTo({ ...server.access, ...credentials });
    const connected = connection.connect();
    if (isRight) await connected;
    else await expect(connected).rejects.toThrow(/cannot connect: 127\.0\.0\.1:\d+: Authorization Violation/);
  });

  it('authenticates with a token', async () => {
    const server = await serverOf({ authorization: { token: 'secret' } });
    await connectionTo({ ...server.access, token: 'secret' }).connection.connect();
  });

  it('surfaces what the server objects to, and stays connected where that is no reason to part', async () => {
    const permissions = { publish: { deny: ['forbidden'] } };
    const server = await serverOf({ authorization: { users: [{ user: 'u', password: 'p', permissions }] } });
    const { connection, events } = connectionTo({ ...server.access, user: 'u', password: 'p' });
    await connection.connect();
    connection.publish('forbidden', 'x');
    await connection.flush();
    expect(events).toContainEqual(
      expect.stringMatching(/^-ERR Permissions Violation for Publish to "forbidden"/),
    );
    expect(connection.connected).toBe(true);
  });

  it('tries every server once, and says of each why not', async () => {
    const foreign = await listenerSaying('HTTP/1.1 400 Bad Request\r\n\r\n');
    const silent = await listenerSaying('');
    const { connection } = connectionTo(accessTo(NOBODY, foreign, silent), { connectTimeoutMs: 1000 });
    await expect(connection.connect()).rejects.toThrow(
      new RegExp(`:1: .*ECONNREFUSED.*:${foreign.port}: .*HTTP.*:${silent.port}.*within 1000 ms`),
    );
  });

  it('begins with the server it is told to, and passes over one that does not answer', async () => {
    const [first, second] = await Promise.all([serverOf(), serverOf()]);
    const told = connectionTo(accessTo(first, second), { firstServer: 3 });
    await told.connection.connect();
    expect(told.connection.server.port).toBe(second.port);
    const silent = await listenerSaying('');
    const passing = connectionTo(accessTo(silent, second), { connectTimeoutMs: 500 });
    // A busy one may not answer in so short a time either: then it is tried in the next round.
    await passing.connection.connect(() => {});
    expect(passing.connection.server.port).toBe(second.port);
  });

  it('goes on at another server when its own is killed, with its subscriptions', async () => {
    const [first, second] = await Promise.all([serverOf(), serverOf()]);
    const { connection, payloads, events } = connectionTo(accessTo(first, second));
    await connection.connect();
    connection.subscribe('a');
    connection.subscribe('b', 'queue');
    await connection.flush();
    await first.stop('SIGKILL');
    await until(() => connection.connected && events.length === 3);
    expect(events).toEqual([
      `connected ${first.port}`,
      expect.stringMatching(/^disconnected: /),
      `connected ${second.port}`,
    ]);
    const other = connectionTo(accessTo(second));
    // The second server must have the subscriptions before anybody publishes there.
    await Promise.all([connection.flush(), other.connection.connect()]);
    for (const subject of ['a', 'b']) other.connection.publish(subject, subject);
    await other.connection.flush();
    await until(() => payloads.length === 2);
    expect(payloads).toEqual(['a', 'b']);
  });

  it('tells each write whether the kernel has it, and a waiting flush that the connection is lost', async () => {
    const server = await serverOf();
    const { connection, events } = connectionTo(server.access);
    await connection.connect();
    const first = await new Promise<boolean>((resolve) => {
      connection.write(Buffer.from('PUB a 2\r\nhi\r\n'), resolve);
    });
    expect(first).toBe(true);
    await pauseProcess(server.pid);
    // More than a stopped server's socket takes: some of it is never flushed.
    const block = Buffer.alloc(1_000_000, 'PUB a 2\r\nhi\r\n');
    const ends: boolean[] = [];
    for (let i = 0; i < 30; i++) connection.write(block, (flushed) => ends.push(flushed));
    expect(connection.pendingBytes).toBeGreaterThan(0);
    const flushing = expect(connection.flush()).rejects.toThrow(/connection lost/);
    await server.stop('SIGKILL');
    await flushing;
    await until(() => ends.length === 30);
    expect(ends.at(-1)).toBe(false);
    expect(ends.indexOf(true)).toBeLessThanOrEqual(0);
    expect(events.at(-1)).toMatch(/^disconnected/);
    expect(() => connection.write(block)).toThrow(/not connected/);
  });

  it('keeps account of how long the kernel did not take what was written', async () => {
    const server = await serverOf();
    const { connection } = connectionTo(server.access);
    await connection.connect();
    connection.publish('a', 'x');
    await connection.flush();
    expect(connection.heldNs).toBe(0);
    await pauseProcess(server.pid);
    const block = Buffer.from('PUB a 2\r\nhi\r\n'.repeat(80_000));
    let flushed = 0;
    for (let i = 0; i < 30; i++) connection.write(block, () => flushed++);
    const heldFrom = connection.heldNs;
    await until(() => connection.heldNs > heldFrom + 20e6);
    expect(connection.heldNs).toBeGreaterThan(heldFrom + 20e6);
    process.kill(server.pid, 'SIGCONT');
    await until(() => flushed === 30);
    // Everything is taken: the account stands still.
    const inAll = connection.heldNs;
    await connection.flush();
    expect(connection.heldNs).toBe(inAll);
  });

  it('survives a pause of its server, and leaves one that does not answer its PINGs', async () => {
    const [first, second] = await Promise.all([serverOf(), serverOf()]);
    const patient = connectionTo(accessTo(first), { pingEveryMs: 50, unansweredPings: 2000 });
    const strict = connectionTo(accessTo(first, second), { pingEveryMs: 200, connectTimeoutMs: 2000 });
    await Promise.all([patient.connection.connect(), strict.connection.connect()]);
    // A busy machine may have had it leave a server before: in the end it is at the one that answers.
    const hasLeft = () => strict.connection.connected && strict.connection.server.port === second.port;
    await whileStopped(first.pid, async () => {
      await until(hasLeft);
      expect(hasLeft()).toBe(true);
    });
    expect(strict.events[1]).toMatch(/stale/);
    await patient.connection.flush();
    expect(patient.events).toEqual([`connected ${first.port}`]);
  });

  it('leaves a server that goes into lame duck mode for another, with all that was written taken in', async () => {
    // It ends the connections of those who stay later than any test does.
    const slowLeaver = serverOf({ lame_duck_duration: '20m', lame_duck_grace_period: '10m' });
    const [first, second] = await Promise.all([slowLeaver, serverOf()]);
    const { connection, payloads, events } = connectionTo(accessTo(first, second));
    const watcher = connectionTo(accessTo(first));
    await Promise.all([connection.connect(), watcher.connection.connect()]);
    watcher.connection.subscribe('last');
    await watcher.connection.flush();
    connection.subscribe('a');
    process.kill(first.pid, 'SIGUSR2');
    connection.publish('last', 'words');
    await until(() => events.length === 3);
    expect(events).toEqual([
      `connected ${first.port}`,
      'disconnected: the server is in lame duck mode',
      `connected ${second.port}`,
    ]);
    connection.publish('a', 'here');
    await connection.flush();
    expect(payloads).toEqual(['here']);
    await until(() => watcher.payloads.length > 0);
    expect(watcher.payloads).toEqual(['words']);
    // With nowhere else to go, it stays as long as it may.
    expect(watcher.events).toEqual([`connected ${first.port}`]);
    await first.stop('SIGKILL');
  });

  it('ends an attempt on an INFO that is none with the reason', async () => {
    const garbled = await listenerSaying('INFO {"server_id": \r\n');
    const { connection } = connectionTo(accessTo(garbled));
    await expect(connection.connect()).rejects.toThrow(/an INFO that is not JSON: .*server_id/);
  });

  it('does not blame a loss on what the server objected to long before', async () => {
    const permissions = { publish: { deny: ['forbidden'] } };
    const server = await serverOf({ authorization: { users: [{ user: 'u', password: 'p', permissions }] } });
    const { connection, events } = connectionTo({ ...server.access, user: 'u', password: 'p' });
    await connection.connect();
    connection.publish('forbidden', 'x');
    await until(() => events.some((event) => event.startsWith('-ERR Permissions')));
    await server.stop('SIGKILL');
    await until(() => events.some((event) => event.startsWith('disconnected')));
    expect(events.at(-1)).not.toMatch(/Permissions/);
  });
});
