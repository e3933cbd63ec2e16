import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { PATIENT_CLIENT } from '../../support/answered.js';
import { startTestServer } from '../../support/nats-server.js';
import { figure, samplesOf, startProbes, until } from './probed.js';

const accounts = {
  SYSTEM: { users: [{ user: 'admin', password: 'secret' }] },
  EVENTS: { jetstream: true, users: [{ user: 'app', password: 'secret' }] },
};
const config = { server_name: 'solo', system_account: 'SYSTEM', accounts };

describe('probes that are told of no server', () => {
  it('find the servers by the account of the system, and ask them there', async () => {
    await using server = await startTestServer({ jetstream: true, config });
    const { access } = server;
    await using probed = startProbes(
      { nodes: [], access: { ...access, user: 'app', password: 'secret' } },
      { systemAccess: { ...access, user: 'admin', password: 'secret' }, deadlineMs: 1000 },
    );
    const { probes } = probed;
    const farewell = { kind: 'SYS.SHUTDOWN' };
    await until('the server', () => figure(probes, 'cim_nats_up', { server: 'solo' }) === 1);
    await until('its size', () => figure(probes, 'cim_nats_cluster_expected_size') === 1);
    // It is up by any of its pages.
    const port = () => figure(probes, 'gnatsd_varz_port', { server_id: 'solo' });
    await until('its page', () => port() === server.port);
    await until('its health', () => figure(probes, 'gnatsd_healthz_status', { server_id: 'solo' }) === 0);
    await until(
      'its JetStream',
      () => figure(probes, 'jetstream_server_total_streams', { server_id: 'solo' }) === 0,
    );
    await until(
      'its account',
      () => figure(probes, 'jetstream_account_storage_used', { account: 'EVENTS' }) === 0,
    );
    // Who is not clustered belongs to no group.
    expect(samplesOf(probes).filter(({ name }) => name.startsWith('cim_nats_raft_'))).toEqual([]);
    await server.stop();
    await until('nobody', () => figure(probes, 'cim_nats_up', { server: 'solo' }) === 0);
    // It is still expected, however long it is away.
    const age = () => figure(probes, 'cim_nats_probe_age_seconds', { server: 'solo' }) ?? 0;
    const old = age();
    await until('what comes of that look', () => age() > old + 0.5);
    expect(figure(probes, 'cim_nats_cluster_size')).toBe(0);
    expect(figure(probes, 'cim_nats_cluster_expected_size')).toBe(1);
    await until('its farewell', () => figure(probes, 'cim_nats_advisories_total', farewell) !== undefined);
  });

  it('listen and tell of no server where nobody may ask', async () => {
    await using server = await startTestServer({ jetstream: true, config });
    const access = { ...server.access, user: 'app', password: 'secret' };
    await using probed = startProbes({ nodes: [], access });
    const { probes } = probed;
    const created = { kind: 'STREAM.CREATED' };
    const nc = await connect({ servers: `127.0.0.1:${server.port}`, user: 'app', pass: 'secret' });
    const jsm = await jetstreamManager(nc, PATIENT_CLIENT);
    let looks = 0;
    const asked: Promise<unknown>[] = [];
    await until('an advisory', () => {
      // Those that came before it listened are lost.
      if (looks++ % 10 === 0) asked.push(jsm.streams.add({ name: `S${looks}`, subjects: [`s${looks}.>`] }));
      return (figure(probes, 'cim_nats_advisories_total', created) ?? 0) > 0;
    });
    expect(samplesOf(probes).filter(({ name }) => name === 'cim_nats_up')).toEqual([]);
    // The advisory may be here before the answer, which a closed connection would refuse.
    await Promise.all(asked);
    await nc.close();
  });

  it('say that the account is not of the system, until it is, and that it is no more', async () => {
    const users = (inSystem: string, password = 'secret') => ({
      server_name: 'solo',
      system_account: 'SYSTEM',
      accounts: {
        SYSTEM: {
          users: [
            { user: 'admin', password: 'secret' },
            ...(inSystem === 'SYSTEM' ? [{ user: 'ops', password }] : []),
          ],
        },
        EVENTS: {
          users: [
            { user: 'app', password: 'secret' },
            ...(inSystem === 'EVENTS' ? [{ user: 'ops', password }] : []),
          ],
        },
      },
    });
    await using server = await startTestServer({ config: users('EVENTS') });
    const { access } = server;
    await using probed = startProbes(
      { nodes: [], access: { ...access, user: 'app', password: 'secret' } },
      { systemAccess: { ...access, user: 'ops', password: 'secret' }, deadlineMs: 500 },
    );
    const { probes, events, notices } = probed;
    const types = () => events.map(({ type }) => type).filter((type) => type.startsWith('SystemAccount'));
    await until('a word', () => types().length === 1);
    expect(notices).toEqual([expect.stringMatching(/no server answers in the account EVENTS/)]);
    expect(figure(probes, 'cim_nats_servers_watched')).toBe(0);

    await server.reload(users('SYSTEM'));
    await until('the server', () => figure(probes, 'cim_nats_up', { server: 'solo' }) === 1);
    expect(figure(probes, 'cim_nats_servers_watched')).toBe(1);
    expect(types()).toEqual(['SystemAccountRefused', 'SystemAccountUsable']);

    await server.reload(users('SYSTEM', 'another'));
    await until('a refusal', () => types().length === 3);
    expect(notices.at(-1)).toMatch(/authorization|authentication/i);
  });
});
