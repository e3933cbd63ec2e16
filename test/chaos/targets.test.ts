import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StormglassError } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import { type Roles, resolveTargets } from '../../src/chaos/targets.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { SystemControl } from '../../src/contracts/control.js';
import type { TargetPlan } from '../../src/contracts/plan/target.js';
import { openControl } from '../../src/nats/control.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { answered } from '../support/answered.js';

const signal = new AbortController().signal;
let test: ClusterTest;
let cluster: Cluster;
let control: SystemControl;
beforeAll(async () => {
  test = await clusterTest();
  cluster = await test.start({ nodes: 3 });
  control = await openControl(cluster);
  const config = { num_replicas: 3 };
  await control.createStreams([
    { name: 'ORDERS', subjects: ['orders.>'], config },
    { name: 'ALONE', subjects: ['alone'], config: { num_replicas: 1 } },
  ]);
  const [node] = cluster.nodes;
  const nc = await connect({ servers: `${node?.host}:${node?.clientPort}` });
  try {
    const manager = await answered(() => jetstreamManager(nc));
    const worker = { durable_name: 'worker', ack_policy: AckPolicy.Explicit };
    await answered(() => manager.consumers.add('ORDERS', worker));
  } finally {
    await nc.close();
  }
});
afterAll(async () => {
  await control?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

const names = async (...args: Parameters<typeof resolveTargets>) =>
  (await resolveTargets(...args)).map(({ name }) => name);
/** On a busy machine the leader may change between two looks. */
async function expectTarget(
  target: TargetPlan,
  askLeader: () => Promise<string | undefined>,
  targetOf: (leader: string) => string | undefined = (leader) => leader,
): Promise<void> {
  const look = async () => {
    const leader = await askLeader();
    const [name, ...more] = await names(target, cluster, control, signal);
    const isSo = leader !== undefined && name === targetOf(leader) && more.length === 0;
    return isSo ? 'the one it is' : `${[name, ...more].join(', ')} where ${leader} leads`;
  };
  await expect.poll(look).toBe('the one it is');
}
const nobody: Roles = {
  metaLeader: async () => undefined,
  streamLeader: async () => undefined,
  consumerLeader: async () => undefined,
  raftGroups: async () => [],
  clientCounts: async () => new Map(),
};

describe('the targets of a fault', () => {
  it('are the node that is named, or that was drawn when the scenario was read', async () => {
    expect(await names({ role: 'node', node: 'n2' }, cluster, nobody, signal)).toEqual(['n2']);
    expect(await names({ role: 'node', node: 'n3', drawn: true }, cluster, nobody, signal)).toEqual(['n3']);
    await expect(resolveTargets({ role: 'node', node: 'n9' }, cluster, nobody, signal)).rejects.toThrow(/n9/);
  });

  it('are whoever has the role when the fault begins', async () => {
    const ofStream = { role: 'stream-leader', stream: 'ORDERS' } as const;
    await expectTarget({ role: 'leader' }, () => control.metaLeader());
    await expectTarget(ofStream, () => control.streamLeader('ORDERS'));
  });

  it('are the leader of a consumer, and a follower of whom many follow', async () => {
    const target = { role: 'consumer-leader', stream: 'ORDERS', consumer: 'worker' } as const;
    await expectTarget(target, () => control.consumerLeader('ORDERS', 'worker'));

    for (const draw of [0, 0.49, 0.51, 0.999]) {
      const followerOf = (leader: string) =>
        cluster.nodes.map(({ name }) => name).filter((name) => name !== leader)[draw < 0.5 ? 0 : 1];
      await expectTarget({ role: 'follower', draw }, () => control.metaLeader(), followerOf);
      const ofStream = { role: 'stream-follower', stream: 'ORDERS', draw } as const;
      await expectTarget(ofStream, () => control.streamLeader('ORDERS'), followerOf);
    }
  });

  it('are the node that most clients are connected to', async () => {
    for (const busy of cluster.nodes) {
      const clients = await Promise.all(
        Array.from({ length: 5 }, () => connect({ servers: `${busy.host}:${busy.clientPort}` })),
      );
      try {
        // A server counts a connection as soon as it was greeted, and may have those yet that left it a moment ago.
        const most = () => names({ role: 'most-clients' }, cluster, control, signal);
        await expect.poll(most).toEqual([busy.name]);
      } finally {
        await Promise.all(clients.map((client) => client.close()));
      }
    }
  });

  it('are nobody where a stream has its leader alone', async () => {
    const found = resolveTargets(
      { role: 'stream-follower', stream: 'ALONE', draw: 0 },
      cluster,
      control,
      signal,
    );
    await expect(found).rejects.toThrow('the stream ALONE has no follower beside');
  });

  it('waits for an election, and asks again when it could not ask', async () => {
    const answers: (string | Error | undefined)[] = [undefined, new Error('no responders'), 'n1'];
    const electing: Roles = {
      ...nobody,
      metaLeader: async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    expect(await names({ role: 'leader' }, cluster, electing, signal)).toEqual(['n1']);
    expect(answers).toEqual([]);
  });

  it('says who has had no leader, and what was seen last', async () => {
    const found = resolveTargets({ role: 'stream-leader', stream: 'ORDERS' }, cluster, nobody, signal, 300);
    await expect(found).rejects.toThrow(
      'the stream ORDERS has had no leader for 300 ms: nobody leads, or whoever was asked did not answer',
    );
    const unheard: Roles = { ...nobody, metaLeader: () => Promise.reject(new Error('no responders')) };
    const asked = resolveTargets({ role: 'leader' }, cluster, unheard, signal, 300);
    await expect(asked).rejects.toThrow(
      'the JetStream meta group has had no leader for 300 ms: no responders',
    );
  });

  it('refuses a leader that is no node of this cluster', async () => {
    const strange: Roles = { ...nobody, metaLeader: async () => 'production-1' };
    const found = resolveTargets({ role: 'leader' }, cluster, strange, signal);
    await expect(found).rejects.toThrow('is led by production-1, which is none of n1, n2, n3');
    await expect(found).rejects.toBeInstanceOf(StormglassError);
  });

  it('stops waiting when the run is interrupted', async () => {
    const interrupted = AbortSignal.abort(new Error('interrupted'));
    await expect(resolveTargets({ role: 'leader' }, cluster, nobody, interrupted)).rejects.toThrow(
      'interrupted',
    );
  });

  it('does not take a leader that is down for one, until another is elected', async () => {
    const leader = (await waitFor(() => control.metaLeader(), { timeoutMs: 30_000 })) as string;
    await cluster.signal(leader, 'SIGKILL');
    const stale: Roles = { ...nobody, metaLeader: async () => leader };
    const found = resolveTargets({ role: 'leader' }, cluster, stale, signal, 300);
    await expect(found).rejects.toThrow(`${leader} is named, but is down`);
    expect(await names({ role: 'leader' }, cluster, control, signal)).not.toEqual([leader]);
  });
});
