import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PreflightError } from '../../src/base/errors.js';
import { connectControl, formatAddress } from '../../src/nats/connect.js';
import { startTestServer } from '../support/nats-server.js';

const name = 'stormglass-test';

/** One that was free a moment ago may be somebody's by now. */
const NOBODY = { host: '127.0.0.1', port: 1 };

describe('connectControl', () => {
  it('says where nobody answers', async () => {
    const attempt = connectControl({ servers: [NOBODY] }, { name });
    await expect(attempt).rejects.toThrow(/cannot connect: 127.0.0.1:1: .*ECONNREFUSED/);
    await expect(attempt).rejects.toBeInstanceOf(PreflightError);
  });

  it('gives up on a server that accepts and never speaks', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = mute.address() as AddressInfo;
      const attempt = connectControl({ servers: [{ host: '127.0.0.1', port }] }, { name, timeoutMs: 300 });
      await expect(attempt).rejects.toThrow(/cannot connect: .* did not answer within 300 ms/);
    } finally {
      mute.close();
    }
  });

  it('tries the other servers when the first is down', async () => {
    await using server = await startTestServer();
    const servers = [NOBODY, ...server.access.servers];
    const nc = await connectControl({ servers }, { name });
    expect(nc.getServer()).toBe(`127.0.0.1:${server.port}`);
    await nc.close();
  });

  it('gets in with the right password or token, and says that wrong ones were refused', async () => {
    await using byPassword = await startTestServer({
      config: { authorization: { user: 'u', password: 'p' } },
    });
    await using byToken = await startTestServer({ config: { authorization: { token: 's3cret' } } });
    const nc1 = await connectControl({ ...byPassword.access, user: 'u', password: 'p' }, { name });
    const nc2 = await connectControl({ ...byToken.access, token: 's3cret' }, { name });
    await Promise.all([nc1.close(), nc2.close()]);
    for (const access of [
      { ...byPassword.access, user: 'u', password: 'wrong' },
      byPassword.access,
      { ...byToken.access, token: 'wrong' },
    ]) {
      const attempt = connectControl(access, { name });
      await expect(attempt).rejects.toThrow(/cannot connect: .*: Authorization Violation/);
      await expect(attempt).rejects.toBeInstanceOf(PreflightError);
    }
  });
});

describe('formatAddress', () => {
  it('brackets IPv6 hosts', () => {
    expect(formatAddress({ host: '::1', port: 4222 })).toBe('[::1]:4222');
    expect(formatAddress({ host: 'nats.local', port: 4222 })).toBe('nats.local:4222');
  });
});
