import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { WireConnection } from '../../src/wire/connection.js';
import { kindOfServerError, refusedPublish, refusedSubscription } from '../../src/wire/server-error.js';
import { startTestServer } from '../support/nats-server.js';

describe('what a server objects to', () => {
  it('is told apart by what a real server says, with the subject that it names', async () => {
    const permissions = { publish: { deny: ['orders.secret'] }, subscribe: { deny: ['orders.>'] } };
    await using server = await startTestServer({
      config: { authorization: { users: [{ user: 'u', password: 'p', permissions }] } },
    });
    const said: string[] = [];
    const connection = new WireConnection(
      { access: { ...server.access, user: 'u', password: 'p' }, name: 'test' },
      { onMessage: () => {}, onServerError: (text) => said.push(text) },
    );
    await connection.connect();
    connection.publish('orders.secret', 'x');
    connection.publish('orders.secret', 'y');
    connection.subscribe('orders.a');
    connection.subscribe('orders.b', 'workers');
    await connection.flush();
    await waitFor(() => said.length >= 4, { timeoutMs: 30_000 });
    await connection.close();
    expect(said.map(kindOfServerError)).toEqual(Array.from({ length: 4 }, () => 'permission-violation'));
    expect(said.map(refusedPublish)).toEqual(['orders.secret', 'orders.secret', undefined, undefined]);
    expect(said.map(refusedSubscription)).toEqual([undefined, undefined, 'orders.a', 'orders.b']);
  });

  it.each([
    ['Slow Consumer', 'slow-consumer'],
    ['Maximum Payload Violation', 'server-error'],
    ['Permissions Violation for Publish with Reply of "x"', 'permission-violation'],
  ])('knows the kind of %j', (text, kind) => {
    expect(kindOfServerError(text)).toBe(kind);
    expect(refusedPublish(text)).toBeUndefined();
  });
});
