import { readFile } from 'node:fs/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { subjectMatches } from '../../src/base/subjects.js';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import type { MonitorHandle, MonitorTask } from '../../src/contracts/monitor.js';
import type { MonitorPlan } from '../../src/contracts/plan/monitor.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { exampleOf } from '../support/guide.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { monitorTask, UNHEARD } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

interface User {
  readonly user: string;
  readonly password: string;
  readonly permissions?: { readonly subscribe: readonly string[]; readonly publish: readonly string[] };
}
interface Config {
  readonly accounts: Readonly<Record<'APP' | 'SYS', { readonly users: readonly User[] }>>;
}

/** The block of the guide, which is YAML as well, with a user of the application beside the monitor's. */
function guideConfig(): Config {
  const config = parse(exampleOf("### What the monitor's user needs", 'conf')) as Config;
  const { APP, SYS } = config.accounts;
  const app = { user: 'app', password: 'app' };
  return { ...config, accounts: { APP: { ...APP, users: [...APP.users, app] }, SYS } };
}

const userOf = ({ access }: TestServer, { user, password }: User): ServerAccess => ({
  ...access,
  user,
  password,
});

async function listenAsApp({ port }: TestServer) {
  const nc = await connect({ servers: `127.0.0.1:${port}`, user: 'app', pass: 'app' });
  const heard = new Set<string>();
  nc.subscribe('cim.events.>', {
    callback: (_, { subject }) => {
      heard.add(subject);
    },
  });
  await nc.flush();
  return { nc, heard, [Symbol.asyncDispose]: () => nc.close() };
}

/** `Publish to "…"`, `Subscription to "…"`: what the server has refused. */
async function refusals({ logFile }: TestServer): Promise<string[]> {
  const log = await readFile(logFile, 'utf8');
  return [...log.matchAll(/(Publish|Subscription) Violation.*?(?:Subject|subject) "?([^\s",]+)/g)].map(
    ([, what, subject]) => `${what} ${subject}`,
  );
}

const figureOf = async (monitor: MonitorHandle, name: string, labels = {}) =>
  sampleValue(parsePrometheusText(await (await fetch(monitor.metricsUrl)).text()), name, labels);

const PROBES = {
  servers: [],
  every: 250e6,
  deadline: 2e9,
  'max-streams': 100,
  'max-consumers': 100,
};

/** What a monitor has to say of the server: the whole of what it does with NATS. */
async function watch(server: TestServer, plan: Partial<MonitorPlan>, more: Partial<MonitorTask>) {
  const [user] = guideConfig().accounts.APP.users;
  const notices: string[] = [];
  await using app = await listenAsApp(server);
  const sections = { probes: { ...PROBES } };
  const task = monitorTask(userOf(server, user!), { ...plan, sections }, more);
  const monitor = await startMonitorService(task, {
    onReport: () => {},
    onNotice: ({ text }) => notices.push(text),
  });
  try {
    const jsm = await jetstreamManager(app.nc, PATIENT_CLIENT);
    let streams = 0;
    await waitFor(
      async () => {
        // Advisories before it listened are lost.
        await jsm.streams.add({ name: `S${streams}`, subjects: [`s${streams++}`] });
        return (await figureOf(monitor, 'cim_nats_advisories_total', { kind: 'STREAM.CREATED' })) ?? 0;
      },
      { timeoutMs: 30_000 },
    );
    await waitFor(async () => (await figureOf(monitor, 'cim_nats_cluster_size')) === 1, {
      timeoutMs: 30_000,
    });
  } finally {
    await monitor[Symbol.asyncDispose]();
  }
  // Its last word may still be under way to a busy server, which it leaves after a second.
  const lastWord = 'cim.events.stormglass.MonitorStopped';
  if (plan.ownEvents !== false) await waitFor(() => app.heard.has(lastWord), { timeoutMs: 30_000 });
  await app.nc.flush();
  return { notices, heard: [...app.heard].sort() };
}

describe('the permissions that the guide lists', () => {
  it('are all that a monitor needs to hear, ask and say everything', async () => {
    const config = guideConfig();
    await using server = await startTestServer({ jetstream: true, config: { ...config } });
    const systemAccess = userOf(server, config.accounts.SYS.users[0]!);
    const { notices, heard } = await watch(server, {}, { servers: { targets: [], systemAccess } });
    expect(notices).toEqual([]);
    expect(heard).toEqual(
      expect.arrayContaining([
        'cim.events.nats.ServerProbed',
        'cim.events.stormglass.MonitorStarted',
        'cim.events.stormglass.MonitorStopped',
      ]),
    );
    expect(await refusals(server)).toEqual([]);
  });

  it('are each asked for: who has none of them is refused them, and hears events all the same', async () => {
    const config = guideConfig();
    const needed = new Set(
      Object.values(config.accounts).flatMap(({ users }) =>
        users.flatMap(({ permissions: { subscribe, publish } = { subscribe: [], publish: [] } }) => [
          ...subscribe.map((subject) => `Subscription ${subject}`),
          ...publish.map((subject) => `Publish ${subject}`),
        ]),
      ),
    );
    needed.delete('Subscription cim.events.>');
    // It has seen no server of which it would speak; that it speaks of them is shown above.
    needed.delete('Publish cim.events.nats.*');
    const denied = { publish: { deny: '>' }, subscribe: { deny: '>' } };
    const deaf = ({ permissions, ...user }: User, subscribe: object) => ({
      ...user,
      ...(permissions && { permissions: { ...denied, subscribe } }),
    });
    const { APP, SYS } = config.accounts;
    const accounts = {
      APP: { ...APP, users: APP.users.map((user) => deaf(user, { allow: 'cim.events.>' })) },
      SYS: { users: SYS.users.map((user) => deaf(user, denied.subscribe)) },
    };
    await using server = await startTestServer({ jetstream: true, config: { ...config, accounts } });
    const task = monitorTask(
      userOf(server, APP.users[0]!),
      { sections: { probes: PROBES } },
      { servers: { targets: [], systemAccess: userOf(server, SYS.users[0]!) } },
    );
    await using monitor = await startMonitorService(task, UNHEARD);
    const missing = async () => {
      const refused = await refusals(server);
      return [...needed].filter((permission) => !refused.some((each) => subjectMatches(permission, each)));
    };
    await waitFor(async () => (await missing()).length === 0, { timeoutMs: 30_000 });
    expect(await missing()).toEqual([]);
    await using app = await listenAsApp(server);
    app.nc.publish('cim.events.orders.Placed', '{}');
    const placed = { domain: 'orders', type: 'Placed' };
    await waitFor(async () => (await figureOf(monitor, 'cim_events_total', placed)) === 1, {
      timeoutMs: 30_000,
    });
    expect(await figureOf(monitor, 'cim_events_total', placed)).toBe(1);
  });

  it('are without those to publish events where the monitor says nothing', async () => {
    const config = guideConfig();
    const { APP, SYS } = config.accounts;
    const silent = ({ permissions, ...user }: User) => ({
      ...user,
      ...(permissions && {
        permissions: { ...permissions, publish: permissions.publish.filter((each) => each.startsWith('$')) },
      }),
    });
    const accounts = { APP: { ...APP, users: APP.users.map(silent) }, SYS };
    await using server = await startTestServer({ jetstream: true, config: { ...config, accounts } });
    const { monitorUrl } = server;
    const { heard } = await watch(server, { ownEvents: false }, { servers: { targets: [{ monitorUrl }] } });
    expect(heard).toEqual([]);
    expect(await refusals(server)).toEqual([]);
  });
});
