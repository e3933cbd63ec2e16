import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';
import { DAY_MS, testAuthority } from '../support/tls-files.js';

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Which of the secrets stand in which files below a directory, or in the texts. */
function leaks(
  secrets: readonly string[],
  directories: readonly string[],
  texts: readonly string[] = [],
): string[] {
  const files = directories.flatMap(filesBelow).map((file) => [file, readFileSync(file, 'latin1')] as const);
  return [...files, ...texts.map((text, i) => [`text ${i}`, text] as const)].flatMap(([where, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${where}`),
  );
}

/** The seeds, keys and passwords in a cluster's own directory. */
function secretsIn(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const seeds = text.match(/\bSU[A-Z2-7]{56}\b/g) ?? [];
    const keys = text.includes('PRIVATE KEY')
      ? text.split('\n').filter((line) => /^[\w+/]{40,}/.test(line))
      : [];
    const passwords = [...text.matchAll(/"password": "(\w+)"/g)].map(([, password]) => password as string);
    return [...seeds, ...keys, ...passwords];
  });
}

const shortLoad = (seconds = 1) =>
  `[{ name: orders, kind: js-publish, domains: [orders], rate: 300/s, for: ${seconds}s, max-lateness: 60s }]`;

describe('a cluster of our own', () => {
  it('with mutual TLS and JWTs loses a server, gets it back and passes; its secrets go with it, unseen', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      scenarioText({
        cluster: '{ driver: process, nodes: 3, tls: { verify: true }, auth: jwt }',
        // An election, where the server led the stream, is less than half of it.
        load: shortLoad(20),
        faults: '[{ at: 500ms, kind: node-kill, target: n2, restart-after: 500ms }]',
      }),
    );
    const run = place.start(['run', file, '--out', place.reports]);
    await place.phase('load');
    const [work] = readdirSync(place.temp).filter((name) => name.startsWith('stormglass-'));
    const secretFiles = filesBelow(join(place.temp, work as string)).filter((each) =>
      /\.(key|crt|creds|conf)$/.test(each),
    );
    expect(secretFiles.map((each) => each.split('/').at(-1)).sort()).toEqual([
      'ca.crt',
      'client.crt',
      'client.key',
      'events.creds',
      'n1.conf',
      'n2.conf',
      'n3.conf',
      'server.crt',
      'server.key',
      'system.creds',
    ]);
    for (const each of secretFiles) expect(statSync(each).mode & 0o777, each).toBe(0o600);
    const secrets = secretsIn(secretFiles);
    expect(secrets.length).toBeGreaterThanOrEqual(4);

    const end = await run.ended;
    expect(end.stderr).toContain('passed');
    expect(end.code, end.stderr).toBe(0);
    expect(place.summary().checks).toMatchObject([{ name: 'acked-loss', verdict: 'pass' }]);
    expect(place.summary().faults).toMatchObject([{ kind: 'node-kill', status: 'reverted' }]);
    expect(place.summary().loads[0]?.total.counters.received).toBeGreaterThan(0);
    expect(leaks(secrets, [place.reports], [end.stdout, end.stderr])).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('with TLS and NKeys passes', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      scenarioText({
        cluster: '{ driver: process, nodes: 1, tls: true, auth: nkey }',
        streams: '[{ name: ORDERS, subjects: [cim.events.orders.>] }]',
        load: shortLoad(),
      }),
    );
    const end = await place.run(['run', file, '--out', place.reports]);
    expect(end.stderr).toContain('passed');
    expect(end.code, end.stderr).toBe(0);
  });
});

/** A server of somebody else's that knows its users, over TLS that verifies both ends. */
async function guardedServer(place: Workplace, authorization: Record<string, string>) {
  const authority = await testAuthority(place.root);
  const server = await startTestServer({
    jetstream: true,
    config: {
      tls: authority.serverTls({ verify: true }),
      authorization,
    },
  });
  const { cert, key } = authority.issue('client');
  const address = `127.0.0.1:${server.port}`;
  return {
    server,
    authority,
    address,
    key,
    tls: `{ ca: ${authority.caFile}, cert: ${place.write('client.crt', cert)}, key: ${place.write('client.key', key)} }`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const externalScenario = (cluster: string) =>
  scenarioText({
    cluster: `{ driver: external, ${cluster} }`,
    streams: '[{ name: ORDERS, subjects: [cim.events.orders.>] }]',
    load: shortLoad(),
  });

/** A secret that can stand nowhere by chance. */
const planted = (what: string) => `planted-${what}-${randomUUID()}`;

describe('servers of somebody else', () => {
  it('are loaded with what a context, the scenario, an option or the environment says, and none of it is seen', async () => {
    await using place = new Workplace();
    const [user, password] = ['loader', planted('password')];
    await using theirs = await guardedServer(place, { user, password });
    const { address, tls, authority } = theirs;
    const servers = `servers: ['nats://${address}'], allow: ['${address}'], tls: ${tls}`;
    const contexts = join(place.root, 'config', 'nats', 'context');
    mkdirSync(contexts, { recursive: true });
    place.write(
      'config/nats/context/theirs.json',
      JSON.stringify({
        url: `nats://${user}:${password}@${address}`,
        ca: authority.caFile,
        cert: join(place.root, 'client.crt'),
        key: join(place.root, 'client.key'),
      }),
    );
    const outputs: string[] = [];
    let runs = 0;
    const run = async (cluster: string, args: readonly string[] = [], env: Record<string, string> = {}) => {
      const file = place.write(`s${++runs}.yaml`, externalScenario(cluster));
      const end = await place.run(['run', file, '--out', place.reports, '--allow', address, ...args], {
        XDG_CONFIG_HOME: join(place.root, 'config'),
        ...env,
      });
      outputs.push(end.stdout, end.stderr);
      return end;
    };
    const ends = [
      await run(`allow: ['${address}'], context: theirs`, ['--json']),
      await run(
        `${servers}, auth: { user-env: THEIR_USER }`,
        ['--set', `cluster.auth.password=${password}`, '--set', `load[0].headers={X-Api-Key: ${password}}`],
        { THEIR_USER: user },
      ),
      await run(`${servers}, auth: { user: ${user}, password: ${password} }`, [
        ...['--dry-run', '--set', `load[0].headers.Authorization=${password}`],
      ]),
      await run(`${servers}, auth: { user: ${user}, password: ${password} }`, ['--dry-run', '--json']),
    ];
    expect(ends.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(Array(4).fill([0, '']));
    // Wrong in ways that errors like to repeat.
    const wrong = await Promise.all([
      run(`${servers}, auth: { user: ${user}, pasword: ${password} }`),
      run(`${servers}, auth: { user: ${user}, password: [${password}] }`),
      run(servers, ['--set', `cluster.auth.password=[${password}]`]),
      run(`servers: ['nats://${user}:${password}@${address}'], allow: ['${address}']`),
      run(`${servers}, auth: { user: ${user}, password: ${password}-not }`),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2, 3]);

    expect(place.runDirs()).toHaveLength(2);
    expect(readFileSync(join(place.runDirs()[0] as string, 'plan.json'), 'utf8')).toContain(address);
    const keyLine = theirs.key.split('\n')[1] as string;
    expect(leaks([password, keyLine], [place.reports, place.state], outputs)).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('that refuse us end the run before it begins, with what is wrong and what to do', async () => {
    await using place = new Workplace();
    const authority = await testAuthority(place.root);
    const seed = Buffer.from(createUser().getSeed()).toString();
    const expired = { notBefore: new Date(0), notAfter: new Date(Date.now() - DAY_MS) };
    await using strict = await startTestServer({
      config: { authorization: { users: [{ nkey: createUser().getPublicKey() }] } },
    });
    await using foreign = await startTestServer({
      config: { tls: (await testAuthority(place.root)).serverTls() },
    });
    await using stale = await startTestServer({ config: { tls: authority.serverTls({}, expired) } });
    const nkey = place.write('user.nk', seed);
    const cases: [typeof strict, string, RegExp, RegExp][] = [
      [strict, `auth: { nkey-file: ${nkey} }`, /Authorization Violation/, /knows this NKey: U[A-Z2-7]{55}/],
      [strict, 'auth: { token: t }', /Authorization Violation/, /Check the token/],
      [stale, `tls: { ca: ${authority.caFile} }`, /its certificate, .*, has expired/, /Renew it/],
      [foreign, 'tls: true', /its certificate comes from a CA that is not trusted/, /tls\.ca/],
    ];
    const attempts = cases.map(async ([server, how, what, hint], i) => {
      const address = `127.0.0.1:${server.port}`;
      const file = place.write(
        `s${i}.yaml`,
        externalScenario(`servers: ['${address}'], allow: ['${address}'], ${how}`),
      );
      const end = await place.run(['run', file, '--out', place.reports, '--allow', address]);
      expect(end.code, end.stderr).toBe(3);
      expect(end.stderr).toContain(`cannot connect: ${address}: `);
      expect(end.stderr).toMatch(what);
      expect(end.stderr).toMatch(hint);
      expect(end.stderr).not.toContain(seed);
    });
    await Promise.all(attempts);
    expect(place.runDirs()).toEqual([]);
  });

  it('with files that cannot be used are an invalid scenario, with the place of each', async () => {
    await using place = new Workplace();
    const authority = await testAuthority(place.root);
    const [mine, other] = [authority.issue('mine'), authority.issue('other')];
    const cert = place.write('mine.crt', mine.cert);
    const wrongKey = place.write('other.key', other.key);
    const to = "servers: ['a'], allow: ['a']";
    const cases: [string, string][] = [
      [`${to}, auth: { creds-file: nowhere.creds }`, 'cluster.auth.creds-file: nowhere.creds is not there'],
      [`${to}, auth: { nkey-file: ${cert} }`, `cluster.auth.nkey-file: ${cert} holds no NKey seed`],
      [`${to}, tls: { ca: s.yaml }`, 'cluster.tls.ca: s.yaml holds no certificate in PEM'],
      [
        `${to}, tls: { cert: ${cert}, key: ${wrongKey} }`,
        `cluster.tls.key: ${wrongKey} is not the private key`,
      ],
      [
        `${to}, tls: { cert: ${cert} }`,
        'cluster.tls: the certificate of a client and its private key belong',
      ],
      [`${to}, tls: { verify: 1 }`, 'cluster.tls.verify: expected true or false'],
      ["allow: ['a'], context: none-such", 'cluster.context: there is no context `none-such`'],
    ];
    // One file each, all at once: starting a program takes longer than reading a file.
    const files = cases.map(([cluster], i) => place.write(`s${i}.yaml`, externalScenario(cluster)));
    place.write('s.yaml', 'x');
    const end = await place.run(['validate', ...files]);
    expect(end.code, end.stderr).toBe(2);
    const told = end.stderr.split('\n');
    for (const [i, [, problem]] of cases.entries()) {
      expect(told.find((line) => line.includes(`s${i}.yaml:4:`))).toContain(problem);
    }
  });
});

describe('the monitor', () => {
  it('gets in with the files and contexts that it is given, and says which option is wrong', async () => {
    await using place = new Workplace();
    const token = planted('token');
    await using theirs = await guardedServer(place, { token });
    const { address, authority } = theirs;
    const tlsOptions = ['--tls-ca', authority.caFile, '--tls-cert', 'client.crt', '--tls-key', 'client.key'];
    const monitor = place.start(['monitor', '--server', `nats://${address}`, '--port', '0', ...tlsOptions], {
      NATS_TOKEN: token,
    });
    const url = await waitFor(() => /http:\S+\/metrics/.exec(monitor.stderr())?.[0], { timeoutMs: 60_000 });
    const nc = await connect({
      servers: address,
      token,
      tls: {
        caFile: authority.caFile,
        certFile: join(place.root, 'client.crt'),
        keyFile: join(place.root, 'client.key'),
      },
    });
    nc.publish('cim.events.orders.Placed', 'x');
    await nc.flush();
    await nc.close();
    const seen = await waitFor(
      async () => (await (await fetch(url as string)).text()).includes('domain="orders",type="Placed"'),
      { timeoutMs: 60_000 },
    );
    expect(seen).toBe(true);
    monitor.child.kill('SIGINT');
    expect((await monitor.ended).code).toBe(0);

    const context = place.write(
      'c.json',
      JSON.stringify({ url: `nats://${address}`, token, ca: authority.caFile }),
    );
    const bare = await place.run(['monitor', '--context', context, '--port', '0']);
    expect([bare.code, bare.stderr]).toEqual([3, expect.stringContaining('tls.cert')]);
    const wrong = await place.run(['monitor', '--server', address, '--creds', 'client.key']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--creds: client.key holds no credentials'),
    ]);
    expect(leaks([token], [], [(await monitor.ended).stderr, bare.stderr, wrong.stderr])).toEqual([]);
  });
});
