import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { nodeKill } from '../../src/chaos/node-kill.js';
import type { Cluster, ClusterNode, ProcessIdentity } from '../../src/contracts/cluster.js';
import type { Evidence, Fault, FaultContext } from '../../src/contracts/fault.js';
import { isAlive } from '../../src/processes/identity.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { standsStill } from '../support/pause-process.js';

const kind = nodeKill({ isAlive });
let test: ClusterTest;
let cluster: Cluster;
beforeAll(async () => {
  test = await clusterTest();
  cluster = await test.start({ nodes: 3 });
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

const onto = (...names: string[]): FaultContext => ({
  cluster,
  targets: names.map((name) => cluster.node(name)),
  signal: new AbortController().signal,
});
const processOf = (name: string): ProcessIdentity => cluster.node(name).process as ProcessIdentity;

/** Looks until it holds, as the engine does. */
async function observe(fault: Fault, context: FaultContext, stage: 'during' | 'after'): Promise<Evidence> {
  let last: Evidence | undefined;
  await waitFor(
    async () => {
      last = await fault.observe(context, stage);
      return last.holds;
    },
    { timeoutMs: 30_000 },
  );
  return last as Evidence;
}

const undo = (record: Parameters<typeof carryOut>[0]) =>
  carryOut(record, {
    'start-node': async ({ node }) => {
      await cluster.startNode(node);
      return 'started';
    },
  });

/** Refused; or, on a connection that a look before has left open, cut while it was asked. */
const NO_ANSWER = /^(ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/;

describe('node-kill', () => {
  it('is recorded without touching anything', async () => {
    const before = processOf('n2');
    const fault = kind.create({});
    const records = await fault.prepare(onto('n2'));

    expect(records).toMatchObject([{ kind: 'start-node', node: 'n2', within: 'cluster', mark: test.runId }]);
    expect(processOf('n2')).toEqual(before);
    expect(await fault.observe(onto('n2'), 'during')).toMatchObject({ holds: false });
  });

  it.each(['SIGKILL', 'SIGTERM'])(
    'ends the server by %s, is seen from outside, and undone',
    async (signal) => {
      const context = onto('n2');
      const { clientPort, monitorUrl } = context.targets[0] as ClusterNode;
      const was = processOf('n2');
      const fault = kind.create({ signal });
      const records = await fault.prepare(context);
      await fault.inject(context);

      expect(await observe(fault, context, 'during')).toEqual({
        holds: true,
        looks: [
          { at: 'n2 process', saw: `process ${was.pid} has ended` },
          { at: `n2 client port ${clientPort}`, saw: 'connection refused' },
          { at: `n2 ${monitorUrl}/healthz?js-server-only=true`, saw: expect.stringMatching(NO_ANSWER) },
        ],
      });
      expect(await fault.observe(context, 'after')).toMatchObject({ holds: false });

      expect(await undo(records[0] as (typeof records)[0])).toMatchObject({ undone: true });
      expect(await observe(fault, context, 'after')).toEqual({
        holds: true,
        looks: [
          { at: 'n2 process', saw: `process ${processOf('n2').pid} runs` },
          { at: `n2 client port ${clientPort}`, saw: 'accepts, and sends INFO' },
          { at: `n2 ${monitorUrl}/healthz?js-server-only=true`, saw: 'status 200: {"status":"ok"}' },
        ],
      });
      expect(processOf('n2').pid).not.toBe(was.pid);
    },
  );

  it('has not taken hold when somebody started the server again at once', async () => {
    const context = onto('n1');
    const fault = kind.create({});
    await fault.prepare(context);
    await fault.inject(context);
    await cluster.startNode('n1');
    expect(await observe(fault, context, 'after')).toMatchObject({ holds: true });
    expect(await fault.observe(context, 'during')).toMatchObject({ holds: false });
  });

  it('is not gone while the server that was started again does not answer', async () => {
    const context = onto('n3');
    const fault = kind.create({});
    await fault.prepare(context);
    await fault.inject(context);
    await cluster.startNode('n3');
    expect(await observe(fault, context, 'after')).toMatchObject({ holds: true });
    await cluster.signal('n3', 'SIGSTOP');
    await standsStill(cluster.node('n3').process?.pid as number);

    const evidence = await fault.observe(context, 'after');
    expect(evidence.holds).toBe(false);
    expect(evidence.looks.map(({ saw }) => saw).join()).toContain('no answer');
    await cluster.signal('n3', 'SIGCONT');
    expect(await observe(fault, context, 'after')).toMatchObject({ holds: true });
  });

  it('hits several nodes, and has taken hold when all of them are down', async () => {
    const context = onto('n1', 'n3');
    const fault = kind.create({});
    const records = await fault.prepare(context);
    await fault.inject(context);
    const during = await observe(fault, context, 'during');
    expect(during.holds).toBe(true);
    expect(during.looks).toHaveLength(6);

    await undo(records[0] as (typeof records)[0]);
    expect(await fault.observe(context, 'during')).toMatchObject({ holds: false });
    await undo(records[1] as (typeof records)[0]);
    expect(await observe(fault, context, 'after')).toMatchObject({ holds: true });
  });

  it('refuses a node that is down already, before anything is recorded', async () => {
    const context = onto('n2');
    const first = kind.create({});
    const [record] = await first.prepare(context);
    await first.inject(context);
    await expect(kind.create({}).prepare(context)).rejects.toThrow('node n2 is down already');
    await undo(record as NonNullable<typeof record>);
    expect(await observe(first, context, 'after')).toMatchObject({ holds: true });
  });

  it('takes no parameters but the ones it has', () => {
    expect(() => kind.create({ signal: 'SIGHUP' })).toThrow(/SIGKILL or SIGTERM/);
    expect(() => kind.create({ sginal: 'SIGTERM' })).toThrow();
    expect(kind.schema.parse({})).toEqual({ signal: 'SIGKILL' });
  });
});
