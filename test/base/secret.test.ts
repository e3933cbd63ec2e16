import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  hideSecrets,
  maskAddress,
  maskAssignment,
  maskSecrets,
  maskUserInfo,
  Secret,
} from '../../src/base/secret.js';

describe('a Secret', () => {
  it('is seen by nobody who does not ask for it', () => {
    const secret = new Secret('hunter2');
    const seen = [
      `${secret}`,
      String(secret),
      JSON.stringify({ a: [secret] }),
      inspect({ secret }, { depth: 9 }),
    ];
    for (const text of seen) expect(text).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('masking', () => {
  it.each([
    ['cluster.auth.password=hunter2', 'cluster.auth.password=(secret)'],
    ['cluster.auth={user: a, password: hunter2}', 'cluster.auth=(secret)'],
    ['cluster={driver: external, auth: {"token": hunter2}}', 'cluster=(secret)'],
    ['cluster["auth"]["token"]=hunter2', 'cluster["auth"]["token"]=(secret)'],
    ['cluster.config.jetstream.key=hunter2', 'cluster.config.jetstream.key=(secret)'],
    ['cluster.servers[0]=nats://me:hunter2@a', 'cluster.servers[0]=nats://(secret)@a'],
    ['cluster.config.jetstream={key: hunter2}', 'cluster.config.jetstream=(secret)'],
    ['load.api.headers.token=hunter2', 'load.api.headers.token=(secret)'],
    ['load.api.headers.Authorization=Bearer hunter2', 'load.api.headers.Authorization=(secret)'],
    ['load.api.headers={X-Api-Key: hunter2}', 'load.api.headers=(secret)'],
  ])('of %s leaves %s', (assignment, masked) => {
    expect(maskAssignment(assignment)).toBe(masked);
  });

  it.each([
    'load.orders.rate=1k/s',
    'cluster.nodes=3',
    'cluster.auth.password-env=PASSWORD',
    'cluster.auth={creds-file: a.creds}',
    'load.kv.key=user',
    'seed=42',
    'load.kv={key: user, seed: 1}',
    'cluster.config={ping_interval: 2s}',
  ])('leaves %s as it is', (assignment) => {
    expect(maskAssignment(assignment)).toBe(assignment);
  });

  it('takes credentials out of URLs, and nothing else', () => {
    expect(maskUserInfo('nats://a:b@c:1, tls://t@d http://e/f@g')).toBe(
      'nats://(secret)@c:1, tls://(secret)@d http://e/f@g',
    );
  });

  it.each([
    ['nats://me:hun/ter2@a:1', 'nats://(secret)@a:1'],
    ['nats://me:hun@ter2@a:1', 'nats://(secret)@a:1'],
    ['nats://me:hun,ter2@a:1', 'nats://(secret)@a:1'],
    ['nats://a:4222,nats://me:hunter2@b', 'nats://a:4222,nats://(secret)@b'],
    ['http://a:80/x@y', 'http://a:80/x@y'],
  ])('of the URL %s leaves %s', (url, masked) => {
    expect(maskUserInfo(url)).toBe(masked);
  });

  it.each([
    ['me:hun@ter/2@a:99999', '(secret)@a:99999'],
    ['tls://hunter2@a', 'tls://(secret)@a'],
    ['a:4222', 'a:4222'],
  ])('of the address %s leaves %s', (address, masked) => {
    expect(maskAddress(address)).toBe(masked);
  });

  it('leaves what is no secret in a plan', () => {
    const plan = {
      seed: 42,
      headers: { authorization: 'Bearer hunter2', 'X-Api-Key': 'hunter2', 'X-Origin': 'here' },
      tls: { key: 'client.key' },
    };
    expect(JSON.parse(JSON.stringify(plan, maskSecrets))).toEqual({
      seed: 42,
      headers: { authorization: '(secret)', 'X-Api-Key': '(secret)', 'X-Origin': 'here' },
      tls: { key: 'client.key' },
    });
  });

  it('hides the secrets in settings of a server', () => {
    const hidden = hideSecrets({
      ping_interval: '2s',
      jetstream: { key: 'hunter2', max_file_store: 1 },
      leafnodes: { remotes: [{ url: 'nats://u:hunter2@h', credentials: '/a.creds' }] },
      websocket: { token: 'hunter2', no_tls: true },
    });
    expect(JSON.stringify(hidden)).toBe(
      JSON.stringify({
        ping_interval: '2s',
        jetstream: { key: '(secret)', max_file_store: 1 },
        leafnodes: { remotes: [{ url: '(secret)', credentials: '/a.creds' }] },
        websocket: { token: '(secret)', no_tls: true },
      }),
    );
  });
});
