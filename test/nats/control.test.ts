import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreflightError } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import type { Advisory, SystemControl } from '../../src/contracts/control.js';
import type { StreamPlan } from '../../src/contracts/plan/streams.js';
import { openControl } from '../../src/nats/control.js';
import { answered } from '../support/answered.js';
import { startTestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';
import { startTestCluster, type TestCluster } from './test-cluster.js';

const stream = (name: string, config: Record<string, unknown> = {}): StreamPlan => ({
  name,
  subjects: [`test.${name}.>`],
  config: { num_replicas: 3, storage: 'memory', ...config },
});

const LONG = { timeoutMs: 60_000 };

type Look = Awaited<ReturnType<SystemControl['steadyState']>>;

/** Looks until it has seen what is wanted: on a busy machine one look may find a server that does not answer in time. */
const lookUntil = async (
  control: SystemControl,
  streams: readonly StreamPlan[],
  isWanted: (look: Look) => boolean,
) => {
  let last: unknown;
  const look = await waitFor(async () => {
    const seen = await control.steadyState(streams);
    last = seen.probes;
    return isWanted(seen) && seen;
  }, LONG);
  if (!look) throw new Error(`not as wanted: ${JSON.stringify(last)}`);
  return look;
};

const steady = (control: SystemControl, streams: readonly StreamPlan[]) =>
  lookUntil(control, streams, (look) => look.steady);

const sawOf = ({ probes }: Look, probe: string) => probes.find((each) => each.probe === probe)?.saw;

describe('the control plane of a cluster', () => {
  let cluster: TestCluster;
  let control: SystemControl;

  beforeAll(async () => {
    cluster = await startTestCluster();
    control = await openControl({ access: cluster.access, nodes: cluster.nodes });
  });

  afterAll(async () => {
    await control?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  it('creates the streams that are not there, with every field, and removes them', async () => {
    const plan = stream('FIELDS', {
      max_msgs: 12,
      discard: 'new',
      allow_direct: true,
      metadata: { owner: 'us' },
    });
    expect(await control.createStreams([plan])).toEqual(['FIELDS']);
    expect(await control.createStreams([plan])).toEqual([]);
    const nc = await connect({ servers: `127.0.0.1:${cluster.nodes[0]!.port}` });
    // One that knows no leader yet answers that it cannot say.
    const config = await waitFor(async () => {
      const info = await nc.request('$JS.API.STREAM.INFO.FIELDS', '', { timeout: 5000 });
      return info.json<{ config?: object }>().config;
    }, LONG);
    await nc.close();
    expect(config).toMatchObject({ max_msgs: 12, discard: 'new', allow_direct: true, num_replicas: 3 });
    await answered(() => control.removeStreams(['FIELDS', 'FIELDS', 'NEVER_WAS']));
    expect(await answered(() => control.streamBounds('FIELDS'))).toBeUndefined();
  });

  it('refuses a stream that exists otherwise, and one that the server will not have', async () => {
    await control.createStreams([stream('TAKEN')]);
    const other = control.createStreams([stream('TAKEN', { num_replicas: 1 })]);
    await expect(other).rejects.toThrow(
      'stream TAKEN exists with another configuration: num_replicas is 3, not 1',
    );
    await expect(other).rejects.toBeInstanceOf(PreflightError);
    const wrong = control.createStreams([stream('WRONG', { nonsense: 1 })]);
    await expect(wrong).rejects.toThrow(/stream WRONG cannot be created: .*unknown field "nonsense"/);
    await answered(() => control.removeStreams(['TAKEN']));
  });

  it('refuses a stream that removes messages where the scenario knows of no limit', async () => {
    await control.createStreams([stream('LIMITED', { max_msgs: 12, max_age: 60e9 })]);
    await expect(control.createStreams([stream('LIMITED')])).rejects.toThrow(
      'stream LIMITED exists with another configuration: max_age is 60000000000, not 0; max_msgs is 12, not 0',
    );
    const same = stream('LIMITED', { max_msgs: 12, max_age: 60e9, max_bytes: -1 });
    expect(await control.createStreams([same])).toEqual([]);
    await answered(() => control.removeStreams(['LIMITED']));
  });

  it('leaves no stream behind when one of several cannot be had', async () => {
    const wrong = stream('UNHAD', { nonsense: 1 });
    await expect(control.createStreams([stream('FIRST'), wrong])).rejects.toBeInstanceOf(PreflightError);
    expect(await answered(() => control.streamBounds('FIRST'))).toBeUndefined();
  });

  it('sees a steady system, probe by probe', async () => {
    const plan = stream('STEADY');
    await control.createStreams([plan]);
    // While they elect, another may lead when it is asked than when it was looked at.
    let leaders: (string | undefined)[] = [];
    const look = await waitFor(async () => {
      const seen = await steady(control, [plan]);
      leaders = await Promise.all([control.metaLeader(), control.streamLeader('STEADY')]);
      const told = ['meta leader', 'stream STEADY'].map((probe) => sawOf(seen, probe));
      return leaders.every((leader, i) => leader && told[i]?.includes(leader)) && seen;
    }, LONG);
    const { probes } = look as Look;
    const [metaLeader, streamLeader] = leaders;
    const named = probes.map(({ probe }) => probe);
    expect(named).toEqual([
      'healthz of n1',
      'healthz of n2',
      'healthz of n3',
      'routes',
      'meta leader',
      'canary',
      'JetStream API',
      'stream STEADY',
    ]);
    const saw = (probe: string) => sawOf(look as Look, probe);
    expect(saw('routes')).toBe('3 nodes, each routed to every other');
    expect(saw('meta leader')).toBe(`${metaLeader}; 2 followers current`);
    expect(saw('stream STEADY')).toBe(`leader ${streamLeader}; 2 followers current`);
    await answered(() => control.removeStreams(['STEADY']));
  });

  it('is not steady when a stream is missing', async () => {
    const look = await lookUntil(
      control,
      [stream('MISSING')],
      (seen) => sawOf(seen, 'stream MISSING') === 'does not exist',
    );
    expect(look.steady).toBe(false);
    expect(look.probes).toContainEqual({ probe: 'stream MISSING', holds: false, saw: 'does not exist' });
  });

  it('reads bounds and counters', async () => {
    await control.createStreams([stream('COUNT')]);
    expect(await answered(() => control.streamBounds('COUNT'))).toEqual({
      firstSequence: 0,
      lastSequence: 0,
      messages: 0,
    });
    // A busy server may not answer in time: then it has no counters.
    const countersOfAll = async () => {
      const counters = await waitFor(async () => {
        const seen = await control.counters();
        return seen.size === 3 && seen;
      }, LONG);
      return counters || (await control.counters());
    };
    const before = await countersOfAll();
    expect([...before.keys()].sort()).toEqual(['n1', 'n2', 'n3']);
    const node = cluster.nodes[0]!;
    const nc = await connect({ servers: `127.0.0.1:${node.port}` });
    const js = jetstream(nc);
    // A server learns of a new stream elsewhere after a moment, and what is published before goes nowhere, as while
    // they elect; what is stored and not acknowledged is not stored again.
    const publish = (i: number) =>
      waitFor(() => js.publish('test.COUNT.x', 'x', { msgID: `${i}` }), { timeoutMs: 60_000, everyMs: 200 });
    await publish(0);
    await Promise.all(Array.from({ length: 499 }, (_, i) => publish(i + 1)));
    await waitFor(async () => (await control.streamBounds('COUNT'))?.lastSequence === 500, LONG);
    expect(await answered(() => control.streamBounds('COUNT'))).toEqual({
      firstSequence: 1,
      lastSequence: 500,
      messages: 500,
    });
    const after = (await countersOfAll()).get(node.name)!;
    expect(after.inMsgs - before.get(node.name)!.inMsgs).toBeGreaterThanOrEqual(500);
    expect(after.startedAt).toBe(before.get(node.name)!.startedAt);
    expect(after.version).toMatch(/^\d+\.\d+\.\d+$/);
    await nc.close();
    await answered(() => control.removeStreams(['COUNT']));
  });
});

describe('a cluster that loses a node', () => {
  it('is not steady, names the node, and finds the new leaders', async () => {
    await using cluster = await startTestCluster();
    await using control = await openControl({ access: cluster.access, nodes: cluster.nodes });
    const plan = stream('LOSS');
    await control.createStreams([plan]);
    await steady(control, [plan]);

    const victim = await waitFor(() => control.streamLeader('LOSS'), LONG);
    // Whoever is connected to the victim may hear nothing of the election.
    const access = {
      servers: cluster.access.servers.filter((_, i) => cluster.nodes[i]!.name !== victim),
    };
    await using witness = await openControl({ access, nodes: cluster.nodes });
    const heard: Advisory[] = [];
    await witness.watchAdvisories((advisory) => heard.push(advisory));
    await cluster.nodes.find(({ name }) => name === victim)!.stop('SIGKILL');

    const elected = await waitFor(async () => {
      const [meta, leader] = await Promise.all([control.metaLeader(), control.streamLeader('LOSS')]);
      return meta && leader && meta !== victim && leader !== victim && leader;
    }, LONG);
    expect(elected).toBeTruthy();
    // Who has just been elected takes a moment to miss the other.
    const look = await lookUntil(
      control,
      [plan],
      (seen) => sawOf(seen, 'stream LOSS')?.includes(`${victim} `) === true,
    );
    expect(look.steady).toBe(false);
    const failing = look.probes.filter(({ holds }) => !holds).map(({ probe }) => probe);
    expect(failing).toEqual(expect.arrayContaining([`healthz of ${victim}`, 'stream LOSS']));
    expect([...(await control.counters()).keys()]).not.toContain(victim);
    await waitFor(
      () => heard.some(({ kind, leader }) => kind === 'STREAM.LEADER_ELECTED' && leader === elected),
      LONG,
    );
    expect(heard).toContainEqual(
      expect.objectContaining({ kind: 'STREAM.LEADER_ELECTED', stream: 'LOSS', leader: elected }),
    );
  });
});

describe('the control plane of a single server', () => {
  it('takes the server itself for the leader of its streams, and knows no meta leader', async () => {
    await using server = await startTestServer({ jetstream: true, config: { server_name: 'solo' } });
    const nodes = [{ name: 'solo', monitorUrl: server.monitorUrl }];
    await using control = await openControl({ access: server.access, nodes });
    const plan = stream('ONE', { num_replicas: 1 });
    await control.createStreams([plan]);
    expect(await control.streamLeader('ONE')).toBe('solo');
    expect(await control.metaLeader()).toBeUndefined();
    expect((await steady(control, [plan])).steady).toBe(true);
  });

  it('says that JetStream is off', async () => {
    await using server = await startTestServer();
    await using control = await openControl({ access: server.access, nodes: [] });
    await expect(control.createStreams([stream('OFF')])).rejects.toThrow(
      /stream OFF cannot be created: .*enabled/,
    );
    const look = await steady(control, []);
    expect(look.probes.map(({ probe, holds }) => [probe, holds])).toEqual([['canary', true]]);
  });

  it('answers within its deadlines when the server is paused', async () => {
    await using server = await startTestServer({ jetstream: true });
    const nodes = [{ name: 'solo', monitorUrl: server.monitorUrl }];
    await using control = await openControl({ access: server.access, nodes });
    await pauseProcess(server.pid);
    try {
      const look = await control.steadyState([stream('ANY')]);
      expect(look.probes.filter(({ holds }) => holds)).toEqual([]);
      expect(look.probes.map(({ probe }) => probe)).toEqual([
        'healthz of solo',
        'canary',
        'JetStream API',
        'stream ANY',
      ]);
      expect((await control.counters()).size).toBe(0);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });
});
