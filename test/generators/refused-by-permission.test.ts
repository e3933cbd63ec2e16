import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { openControl } from '../../src/nats/control.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { LoadUnderTest, ORDERS, steadyRate } from './load-under-test.js';

/** One of the two subjects that the load sends to. */
const REFUSED = ORDERS[1]!.subject;

/** A server with a user who may do everything, and one who may not do what is denied. */
async function serverThatDenies(denied: object): Promise<TestServer & { limited: ServerAccess }> {
  const server = await startTestServer({
    jetstream: true,
    config: {
      authorization: {
        users: [
          { user: 'all', password: 'a' },
          { user: 'limited', password: 'l', permissions: denied },
        ],
      },
    },
  });
  const control = await openControl({ access: { ...server.access, user: 'all', password: 'a' }, nodes: [] });
  await control.createStreams([
    { name: 'ORDERS', subjects: ['cim.events.orders.>'], config: { storage: 'memory' } },
  ]);
  await control[Symbol.asyncDispose]();
  return Object.assign(server, { limited: { ...server.access, user: 'limited', password: 'l' } });
}

const violations = (load: LoadUnderTest) =>
  load.noticesOf('permission-violation').map(({ text, count }) => ({ text, count }));

describe('a load that may not publish to one of its subjects', () => {
  it.each([
    ['publish', {}],
    ['js-publish', { 'ack-timeout': 30 * NS.s }],
  ])(
    '%s: each refused operation has failed at once, and the server’s words are told',
    async (kind, params) => {
      await using server = await serverThatDenies({ publish: { deny: [REFUSED] } });
      const load = new LoadUnderTest({
        access: server.limited,
        kind,
        schedule: steadyRate(1000, 0.5),
        params,
      });
      await load.run();
      const failed = load.count('failed');
      expect(failed).toBeGreaterThan(0);
      // What the stream holds is what was neither refused nor lost: the two add up to all. A stream stores on its own time.
      await expect.poll(() => messagesIn(server)).toBe(load.count('ok'));
      expect(load.count('ok') + failed).toBe(500);
      expect(load.count('unknown')).toBe(0);
      const told = violations(load);
      expect(new Set(told.map(({ text }) => text))).toEqual(
        new Set([`Permissions Violation for Publish to "${REFUSED}"`]),
      );
      expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(failed);
    },
  );
});

it.each([
  ['put', '$KV.carts.k3'],
  ['get', '$JS.API.DIRECT.GET.KV_carts.$KV.carts.k3'],
])('a kv load that may not %s one of its keys: that has failed at once', async (operation, denied) => {
  await using server = await serverThatDenies({ publish: { deny: [denied] } });
  const control = await openControl({ access: { ...server.access, user: 'all', password: 'a' }, nodes: [] });
  const bucket = { storage: 'memory', allow_direct: true };
  await control.createStreams([{ name: 'KV_carts', subjects: ['$KV.carts.>'], config: bucket }]);
  await control[Symbol.asyncDispose]();
  const load = new LoadUnderTest({
    access: server.limited,
    kind: 'kv',
    schedule: steadyRate(400, 0.5),
    events: [],
    required: { bucket: 'carts', keys: 10, mix: { [operation]: 1 } },
    params: { 'ack-timeout': 30 * NS.s },
  });
  await load.run();
  expect(load.count('failed')).toBeGreaterThan(0);
  expect([load.count('ok') + load.count('failed'), load.count('unknown')]).toEqual([200, 0]);
  const told = violations(load);
  expect(new Set(told.map(({ text }) => text))).toEqual(
    new Set([`Permissions Violation for Publish to "${denied}"`]),
  );
  expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(load.count('failed'));
});

describe('a load that may not listen for its answers', () => {
  it('says so before it starts, and what it needs', async () => {
    await using server = await serverThatDenies({ subscribe: { deny: ['_INBOX.>'] } });
    const load = new LoadUnderTest({
      access: server.limited,
      kind: 'js-publish',
      schedule: steadyRate(1, 1),
    });
    await expect(load.ready()).rejects.toThrow(
      /^preflight: load orders may not listen for its answers: Permissions Violation for Subscription to "_INBOX/,
    );
    await expect(load.finished()).rejects.toThrow();
  });
});

async function messagesIn({ monitorUrl }: TestServer): Promise<number> {
  const { messages } = (await (await fetch(`${monitorUrl}/jsz`)).json()) as { messages: number };
  return messages;
}
