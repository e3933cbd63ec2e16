import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCliContext } from '../../../src/clusters/access/cli-context.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../processes/temporary-directory.js';

let home: TemporaryDirectory;
let contexts: string;

beforeAll(async () => {
  home = await temporaryDirectory();
  contexts = join(home.path, '.config', 'nats', 'context');
  mkdirSync(contexts, { recursive: true });
});
afterAll(() => home[Symbol.asyncDispose]());

/** Writes a context as the `nats` command does, with all its fields, and reads it. */
function context(settings: Record<string, unknown>, env: Record<string, string> = {}) {
  const all = {
    description: 'ours',
    url: '',
    socks_proxy: '',
    token: '',
    user: '',
    password: '',
    creds: '',
    nkey: '',
    cert: '',
    key: '',
    ca: '',
    nsc: '',
    jetstream_domain: '',
    jetstream_api_prefix: '',
    jetstream_event_prefix: '',
    inbox_prefix: '',
    user_jwt: '',
    color_scheme: 'blue',
    tls_first: false,
    windows_cert_store: '',
    windows_ca_certs_match: null,
  };
  writeFileSync(join(contexts, 'ours.json'), JSON.stringify({ ...all, ...settings }));
  return readCliContext('ours', { env, home: home.path });
}

function failure(work: () => unknown): { message: string; hint?: string } {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}

test('a context is found by name, where XDG_CONFIG_HOME says, and by path', () => {
  context({ url: 'nats://a:1' });
  const a = { host: 'a', port: 1, address: 'a:1' };
  const place = { env: {}, home: home.path };
  expect(readCliContext('ours', place).servers).toEqual([a]);
  expect(readCliContext(join(contexts, 'ours.json'), place).servers).toEqual([a]);
  expect(readCliContext('~/.config/nats/context/ours.json', place).servers).toEqual([a]);
  const elsewhere = { env: { XDG_CONFIG_HOME: join(home.path, '.config') }, home: '/nowhere' };
  expect(readCliContext('ours', elsewhere).servers).toEqual([a]);
});

test('a context says where and who: servers, credentials and TLS', () => {
  expect(context({})).toEqual({
    servers: [{ host: '127.0.0.1', port: 4222, address: '127.0.0.1:4222' }],
    sources: {},
  });
  expect(context({ url: 'nats://a, tls://b:4223', user: 'u', password: 'p' })).toEqual({
    servers: [
      { host: 'a', port: 4222, address: 'a:4222' },
      { host: 'b', port: 4223, address: 'b:4223', tls: true },
    ],
    sources: { user: 'u', password: 'p' },
  });
  expect(context({ token: 't' }).sources).toEqual({ token: 't' });
  expect(context({ nkey: '~/u.nk' }).sources).toEqual({ nkey: { file: '~/u.nk' } });
  const env = { HOME: '/h', USER: 'me' };
  const creds = '$HOME/$' + '{USER}.creds';
  expect(context({ creds }, env).sources).toEqual({ creds: { file: '/h/me.creds' } });
  expect(context({ ca: 'ca.pem', cert: 'c.pem', key: 'k.pem', tls_first: true }).sources).toEqual({
    tls: { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem', handshakeFirst: true },
  });
});

test('credentials in the URL of a context are taken out of it', () => {
  const { servers, sources } = context({ url: 'nats://me:pa%3Ass@a,b:2' });
  expect(servers.map(({ address }) => address)).toEqual(['a:4222', 'b:2']);
  expect(sources).toEqual({ user: 'me', password: 'pa:ss' });
  expect(context({ url: 'nats://t0ken@a' }).sources).toEqual({ token: 't0ken' });
  const { message } = failure(() => context({ url: 'nats://me:secret@a:b:c' }));
  expect(message).toContain('a:b:c is not the address of a server');
  expect(message).not.toContain('secret');
});

test.each([
  ['nsc', 'nsc://O/A/U'],
  ['user_jwt', 'ey'],
  ['socks_proxy', 'socks5://x'],
  ['jetstream_domain', 'hub'],
  ['jetstream_api_prefix', 'JS'],
  ['jetstream_event_prefix', 'EV'],
  ['inbox_prefix', '_MINE'],
  ['windows_cert_store', 'user'],
  ['of_the_future', true],
])('a context that sets %s is refused, since it would not be followed', (key, value) => {
  const { message, hint } = failure(() => context({ [key]: value }));
  expect(message).toBe(`the context ours sets ${key}, which stormglass does not follow`);
  expect(hint).not.toBe('');
});

test('a context that is not there, or is none, is refused with what to do', () => {
  context({});
  const place = { env: {}, home: home.path };
  expect(failure(() => readCliContext('oours', place))).toMatchObject({
    message: `there is no context \`oours\` in ${contexts}`,
    hint: 'Did you mean `ours`?',
  });
  expect(failure(() => readCliContext('x', { env: {}, home: '/nowhere' })).hint).toMatch(/nats context add/);
  expect(failure(() => readCliContext('./x.json', place)).message).toBe('the context ./x.json is not there');
  writeFileSync(join(contexts, 'broken.json'), '{"password": "secret"');
  const { message } = failure(() => readCliContext('broken', place));
  expect(message).toMatch(/the context broken is not a JSON object/);
  expect(message).not.toContain('secret');
  expect(failure(() => context({ creds: 'op://vault/item' })).message).toMatch(/1Password/);
  expect(failure(() => context({ user: 7 })).message).toMatch(/user is no text/);
});
