import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeUser, fmtCreds } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessSources, readAccess } from '../../../src/clusters/access/read-access.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../processes/temporary-directory.js';
import { DAY_MS, type TestAuthority, testAuthority } from '../../support/tls-files.js';

let directory: TemporaryDirectory;
let authority: TestAuthority;

beforeAll(async () => {
  directory = await temporaryDirectory();
  authority = await testAuthority(directory.path);
});
afterAll(() => directory[Symbol.asyncDispose]());

const seedOf = (pair: KeyPair): string => Buffer.from(pair.getSeed()).toString();

function write(name: string, text: string): string {
  const file = join(directory.path, name);
  writeFileSync(file, text);
  return file;
}

/** What was read, and what was said to be wrong: `creds: … is not there`. */
function read(sources: AccessSources) {
  const problems: string[] = [];
  const access = readAccess(sources, { env: {}, home: directory.path }, (part, message) => {
    problems.push(`${part}: ${message}`);
  });
  return { access, problems };
}

async function credsText(validity: { exp?: number } = {}, holder = createUser(), seedOfHolder = holder) {
  const jwt = await encodeUser('u', holder, createAccount(), {}, validity);
  return { jwt, seed: seedOf(seedOfHolder), text: Buffer.from(fmtCreds(jwt, seedOfHolder)).toString() };
}

describe('credentials', () => {
  it('come from a credentials file, by its path, below the home directory or as text', async () => {
    const { jwt, seed, text } = await credsText();
    write('app.creds', text);
    for (const creds of [{ file: join(directory.path, 'app.creds') }, { file: '~/app.creds' }, { text }]) {
      expect(read({ creds })).toEqual({ access: { jwt, nkeySeed: seed }, problems: [] });
    }
  });

  it('come from the file of an NKey, with comments and all', () => {
    const seed = seedOf(createUser());
    const file = write('user.nk', `# of the load\n${seed}\n`);
    expect(read({ nkey: { file } })).toEqual({ access: { nkeySeed: seed }, problems: [] });
    expect(read({ nkey: { text: seed } }).access).toEqual({ nkeySeed: seed });
  });

  it('are of one kind', () => {
    expect(read({ user: 'u', password: 'p', token: 't' }).problems).toEqual([
      'auth: user and password and token exclude each other: give one of them',
    ]);
    expect(read({ password: 'p' }).problems).toEqual(['auth: a password needs a user']);
  });

  it('that cannot be used are refused, for what is wrong, and without repeating them', async () => {
    const [one, other] = [createUser(), createUser()];
    const mixed = await credsText({}, one, other);
    const expired = await credsText({ exp: 1_700_000_000 });
    const whole = await credsText();
    const damaged = whole.text.replace(whole.seed, `${whole.seed.slice(0, -4)}AAAA`);
    const cases: [string, string, RegExp][] = [
      ['creds', '', /holds no credentials: .* found neither$/],
      ['creds', whole.seed, /found neither$/],
      ['creds', whole.text.slice(0, whole.text.indexOf('*')), /found no NKey seed$/],
      ['creds', damaged, /holds an NKey seed that is damaged$/],
      [
        'creds',
        whole.text.replace(whole.jwt, `${whole.jwt.slice(0, -9)}AAAAAAAAA`),
        /a JWT that is damaged$/,
      ],
      ['creds', mixed.text, /the JWT of one user \(U.*\) and the seed of another \(U.*\)$/],
      ['creds', expired.text, /expired at 2023-11-14T22:13:20\.000Z$/],
      ['nkey', 'nothing', /holds no NKey seed, which begins with SU$/],
      ['nkey', whole.text, /holds credentials, JWT and all: give it as creds-file/],
      ['nkey', seedOf(createOperator()), /holds the seed of an operator, not of a user$/],
      ['nkey', seedOf(createAccount()), /holds the seed of an account, not of a user$/],
    ];
    for (const [part, text, message] of cases) {
      const file = write('bad', text);
      for (const source of [{ file }, { text }]) {
        const { access, problems } = read({ [part]: source });
        expect(problems).toHaveLength(1);
        expect(problems[0]).toMatch(message);
        expect(problems[0]).toContain('file' in source ? `${part}: ${file} holds` : `${part}: holds`);
        for (const secret of [whole.seed, whole.jwt, seedOf(one), seedOf(other)])
          expect(problems[0]).not.toContain(secret);
        expect(access).toEqual({});
      }
    }
  });

  it('in files that cannot be read are refused with the reason', () => {
    write('closed', 'x');
    mkdirSync(join(directory.path, 'folder'));
    const reasons = { nowhere: 'is not there', folder: 'is a directory', 'closed/x': 'is not there' };
    for (const [name, reason] of Object.entries(reasons)) {
      const file = join(directory.path, name);
      expect(read({ creds: { file } }).problems).toEqual([`creds: ${file} ${reason}`]);
    }
  });
});

describe('TLS', () => {
  it('comes from PEM files, with what says how to speak it', () => {
    const { cert, key } = authority.issue('client');
    const tls = { ca: authority.caFile, cert: write('c.crt', cert), key: write('c.key', key) };
    expect(read({ tls: { ...tls, serverName: 'n', verify: false, handshakeFirst: true } })).toEqual({
      access: { tls: { ca: authority.ca, cert, key, serverName: 'n', verify: false, handshakeFirst: true } },
      problems: [],
    });
    expect(read({ tls: {} })).toEqual({ access: { tls: {} }, problems: [] });
  });

  it('takes a bundle of CAs as long as one of them is valid', () => {
    const past = authority.issue('old', { notBefore: new Date(0), notAfter: new Date(DAY_MS) }).cert;
    const bundle = write('bundle.crt', `# ours\n${past}\n${authority.ca}`);
    expect(read({ tls: { ca: bundle } }).problems).toEqual([]);
    expect(read({ tls: { ca: write('old.crt', past) } }).problems).toEqual([
      expect.stringMatching(
        /^ca: .*old\.crt holds a certificate \(CN=old\) that expired on Jan {2}2 .* 1970 GMT$/,
      ),
    ]);
  });

  it('with files that cannot be used is refused, for what is wrong', () => {
    const [mine, other] = [authority.issue('mine'), authority.issue('other')];
    const early = authority.issue('early', { notBefore: new Date(Date.now() + DAY_MS) });
    const cert = write('mine.crt', mine.cert);
    const key = write('mine.key', mine.key);
    const text = write('text', 'no PEM at all');
    const damaged = write('damaged.crt', mine.cert.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'));
    const locked = write('locked.key', mine.key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'));
    const cases: [AccessSources['tls'], RegExp][] = [
      [{ cert }, /^tls: the certificate of a client and its private key belong together: give both$/],
      [{ cert, key: write('other.key', other.key) }, /^key: .*other\.key is not the private key of the cert/],
      [
        { cert: write('early.crt', early.cert), key: write('early.key', early.key) },
        /^cert: .* not valid before/,
      ],
      [{ ca: text }, /^ca: .*text holds no certificate in PEM/],
      [{ ca: damaged }, /^ca: .*damaged\.crt holds a certificate that is damaged: /],
      [{ cert, key: text }, /^key: .*text holds no private key in PEM/],
      [{ cert, key: locked }, /^key: .*locked\.key is encrypted: decrypt it/],
      [{ cert, key: cert }, /^key: .*mine\.crt holds no private key/],
      [{ ca: join(directory.path, 'nowhere.pem') }, /^ca: .*nowhere\.pem is not there$/],
    ];
    for (const [tls, message] of cases) {
      const { problems } = read({ tls: tls as NonNullable<AccessSources['tls']> });
      expect(problems).toEqual([expect.stringMatching(message)]);
      expect(problems.join()).not.toContain('BEGIN PRIVATE KEY-----\n');
    }
    expect(read({ tls: { cert, key } }).problems).toEqual([]);
  });
});
