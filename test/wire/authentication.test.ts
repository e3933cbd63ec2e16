import { encodeAccount, encodeOperator, encodeUser } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, fromPublic, type KeyPair } from '@nats-io/nkeys';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { connectControl } from '../../src/nats/connect.js';
import { WireConnection, type WireListener } from '../../src/wire/connection.js';
import { nonceSigner } from '../../src/wire/nonce-signer.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';

const servers: TestServer[] = [];
const opened: WireConnection[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

async function serverOf(config: Record<string, unknown>): Promise<TestServer> {
  const server = await startTestServer({ config });
  servers.push(server);
  return server;
}

const seedOf = (pair: KeyPair): string => Buffer.from(pair.getSeed()).toString();

/** It waits for a server that is only busy. */
const wireTo = (access: ServerAccess, listener: Partial<WireListener> = {}): WireConnection =>
  new WireConnection(
    { access, name: 'test', connectTimeoutMs: 60_000 },
    { onMessage: () => {}, ...listener },
  );

/** Both clients get in, and the wire's does something. */
async function letIn(access: ServerAccess): Promise<void> {
  const wire = wireTo(access);
  opened.push(wire);
  await wire.connect();
  wire.publish('a', 'x');
  await wire.flush();
  const nc = await connectControl(access, { name: 'test' });
  await nc.flush();
  await nc.close();
}

async function refusal(access: ServerAccess): Promise<{ message: string; hint: string }> {
  const error = await wireTo(access)
    .connect()
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ exit: 'preflight' });
  expect(error.message).toContain(`127.0.0.1:${access.servers[0]?.port}: Authorization Violation`);
  await expect(connectControl(access, { name: 'test' })).rejects.toThrow(error.message);
  return error;
}

const NO_LIMITS = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1 };

/** A server with an operator of its own, and users of one account, as their JWTs say. */
async function operatorServer() {
  const [operator, account, stranger] = [createOperator(), createAccount(), createAccount()];
  const accountJwt = await encodeAccount('A', account, { limits: NO_LIMITS }, { signer: operator });
  const server = await serverOf({
    operator: await encodeOperator('O', operator),
    resolver: 'MEMORY',
    resolver_preload: { [account.getPublicKey()]: accountJwt },
  });
  return {
    server,
    access: async (validity: { exp?: number } = {}, issuer = account): Promise<ServerAccess> => {
      const user = createUser();
      return {
        ...server.access,
        nkeySeed: seedOf(user),
        jwt: await encodeUser('u', user, issuer, {}, validity),
      };
    },
    stranger,
  };
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

describe('authentication', () => {
  it('signs as the NKey library does, for every server that knows its public key', () => {
    const pair = createUser();
    const signer = nonceSigner(seedOf(pair));
    expect(signer.publicKey).toBe(pair.getPublicKey());
    const signature = Buffer.from(signer.sign('nonce'), 'base64url');
    expect(fromPublic(signer.publicKey).verify(Buffer.from('nonce'), signature)).toBe(true);
    expect(fromPublic(signer.publicKey).verify(Buffer.from('other'), signature)).toBe(false);
  });

  it.each(['', 'SUAxyz', 'UAVBYCJD7ULCLQZIVEV4VSDKXLBUPO2XR5IZ7Y3F5H3M3Z5QSSJXHGPN'])(
    'refuses %j as a seed, and does not repeat it',
    (text) => {
      expect(() => nonceSigner(text)).toThrow(/^not the seed of an NKey$/);
    },
  );

  it('lets in who has the NKey, and says of another which key the server should know', async () => {
    const [known, unknown] = [createUser(), createUser()];
    const { access } = await serverOf({ authorization: { users: [{ nkey: known.getPublicKey() }] } });
    await letIn({ ...access, nkeySeed: seedOf(known) });
    const { hint } = await refusal({ ...access, nkeySeed: seedOf(unknown) });
    expect(hint).toContain(unknown.getPublicKey());
    expect(JSON.stringify(hint)).not.toContain(seedOf(unknown));
  });

  it('lets in a user whom an account of the operator vouches for, and nobody else', async () => {
    const { access, stranger } = await operatorServer();
    await letIn(await access());
    expect((await refusal(await access({}, stranger))).hint).toMatch(/operator vouches/);
  });

  it('says of a JWT that has expired when that was', async () => {
    const { access } = await operatorServer();
    const { message, hint } = await refusal(await access({ exp: inSeconds(-3600) }));
    expect(message).toMatch(/the credentials expired at \d{4}-\d\d-\d\dT/);
    expect(hint).toMatch(/new credentials/);
  });

  it('counts each refused reconnection after a JWT has expired, and says why the connection went', async () => {
    const { access } = await operatorServer();
    const events: string[] = [];
    // It must be in before that.
    const wire = wireTo(await access({ exp: inSeconds(6) }), {
      onDisconnected: (reason) => events.push(`disconnected: ${reason}`),
      onRefused: (_server, reason) => events.push(`refused: ${reason}`),
    });
    opened.push(wire);
    await wire.connect();
    const refused = () => events.filter((event) => event.startsWith('refused'));
    await waitFor(() => refused().length >= 2, { timeoutMs: 60_000 });
    expect(events[0]).toMatch(/^disconnected: User Authentication Expired/);
    expect(refused().length).toBeGreaterThanOrEqual(2);
    for (const event of refused())
      expect(event).toMatch(
        /^refused: (Authorization Violation|User Authentication Expired): the credentials expired at/,
      );
  });

  it('says what to do about a limit of connections', async () => {
    const { access } = await serverOf({ max_connections: 1 });
    const [first, second] = [0, 1].map(() => wireTo(access));
    opened.push(first as WireConnection);
    await first?.connect();
    await expect(second?.connect()).rejects.toMatchObject({
      message: expect.stringContaining('maximum connections exceeded'),
      hint: expect.stringContaining('fewer connections'),
    });
  });

  it('does not mind credentials where the server asks for none', async () => {
    const { access } = await serverOf({});
    await letIn({ ...access, nkeySeed: seedOf(createUser()) });
    await letIn({ ...access, user: 'u', password: 'p' });
  });
});
