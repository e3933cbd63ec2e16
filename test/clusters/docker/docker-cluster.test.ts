import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { bandwidth } from '../../../src/chaos/bandwidth.js';
import { nodeKill } from '../../../src/chaos/node-kill.js';
import type { DockerCluster } from '../../../src/clusters/docker/docker-cluster.js';
import { readRoutez } from '../../../src/nats/endpoints.js';
import { greetServer } from '../../../src/nats/greet-server.js';
import { lookAtContainer } from '../../../src/processes/docker/containers.js';
import { findMarkedThings } from '../../../src/processes/docker/remove-marked.js';
import { findShapingLack } from '../../../src/processes/docker/traffic-control.js';
import { carryOut } from '../../../src/undo/carry-out.js';
import { dockerEngine, NEEDS_ENGINE } from '../../support/docker-engine.js';
import { type FaultScene, FaultUnderTest, faultScene } from '../../support/fault-under-test.js';
import { type DockerClusterTest, dockerClusterTest } from './docker-cluster-for-test.js';

/** A kernel without the queues, or a user who is not root. */
const SHAPING_LACK = await findShapingLack(false);

describe.skipIf(dockerEngine === undefined)(`a cluster of containers${NEEDS_ENGINE}`, () => {
  let test: DockerClusterTest;
  let cluster: DockerCluster;
  let scene: FaultScene;
  beforeAll(async () => {
    test = await dockerClusterTest();
    cluster = await test.start({ nodes: 3 });
    scene = await faultScene(cluster, test.runId);
  }, 120_000);
  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
    await test?.[Symbol.asyncDispose]();
  }, 60_000);

  const containerOf = (name: string) =>
    lookAtContainer(test.docker, `stormglass-${test.runId}-${name}`).then((look) => look!);
  const routesOf = async (name: string): Promise<string[]> => {
    const { routes = [] } = await readRoutez(cluster.node(name).monitorUrl as string);
    return [...new Set(routes.map(({ remote_name }) => remote_name as string))].sort();
  };

  it('carries the mark on everything, and is reached on 127.0.0.1 only', async () => {
    const { containers, networks, volumes } = await findMarkedThings(test.docker, test.runId);
    expect([containers.length, networks.length, volumes.length]).toEqual([3, 2, 3]);
    const { published, networks: of, labels } = await containerOf('n1');
    expect(published).toEqual({
      '4222/tcp': { host: '127.0.0.1', port: cluster.node('n1').clientPort },
      '8222/tcp': { host: '127.0.0.1', port: Number(new URL(cluster.node('n1').monitorUrl as string).port) },
    });
    expect([...of].sort()).toEqual([`stormglass-${test.runId}-doors`, `stormglass-${test.runId}-mesh`]);
    expect(labels).toMatchObject({ 'stormglass.run': test.runId, 'stormglass.node': 'n1' });
    expect(await routesOf('n1')).toEqual(['n2', 'n3']);
  });

  it('keeps the log of every server', async () => {
    const hasLog = () =>
      readFile(join(test.logDir, 'n2.log'), 'utf8').then((text) => text.includes('Server is ready'));
    expect(await waitFor(hasLog, { timeoutMs: 30_000 })).toBe(true);
  });

  it('kills a node, and starts it again on its old ports and its old store', async () => {
    const { clientPort } = cluster.node('n2');
    const killed = new FaultUnderTest(scene, nodeKill, {}, ['n2']);
    await killed.inject();
    expect(await killed.observe('during')).toMatchObject({ holds: true });
    expect(cluster.node('n2').process).toBeUndefined();
    expect(await killed.undo()).toMatchObject([{ undone: true, detail: 'node n2 was started' }]);
    expect(await killed.observe('after')).toMatchObject({ holds: true });
    expect(cluster.node('n2').clientPort).toBe(clientPort);
    expect(test.events.map(({ node, what }) => `${node} ${what}`)).toEqual(
      expect.arrayContaining(['n2 started', 'n2 ended']),
    );
    expect(test.events.filter(({ what }) => what === 'crashed')).toEqual([]);
  });

  it('is healed from data alone, twice over', async () => {
    const killed = new FaultUnderTest(scene, nodeKill, { signal: 'SIGTERM' }, ['n3']);
    await killed.inject();
    expect(await killed.observe('during')).toMatchObject({ holds: true });
    expect(await killed.undoByData()).toMatchObject([
      { undone: true, detail: expect.stringMatching(/^started /) },
    ]);
    expect(await killed.undoByData()).toMatchObject([
      { undone: true, detail: expect.stringMatching(/ already$/) },
    ]);
    expect(await killed.observe('after')).toMatchObject({ holds: true });
    await cluster.startNode('n3');
    expect(cluster.node('n3').process).toBeDefined();
  });

  it('pauses a node and lets it go on, as the engine sees it', async () => {
    const record = cluster.continueRecord('n1');
    const { instance } = await cluster.lookAtProcess('n1');
    await cluster.signal('n1', 'SIGSTOP');
    expect(await cluster.lookAtProcess('n1')).toMatchObject({ state: 'paused', instance });
    expect(await carryOut(record, cluster.undoHandlers)).toMatchObject({ undone: true });
    expect(await cluster.lookAtProcess('n1')).toMatchObject({ state: 'running', instance });
    expect(await carryOut(record)).toMatchObject({
      undone: true,
      detail: expect.stringMatching(/not paused$/),
    });
  });

  it('cuts a node off from the mesh while its doors stay open, and lets it in again', async () => {
    const { links } = cluster;
    const cut = { kind: 'cut', how: 'drop' } as const;
    const all = links!.directions.filter(({ from, to }) => from === 'n3' || to === 'n3');
    const records = links!.undoRecords('e1', all, cut);
    expect(records).toMatchObject([{ kind: 'docker-connect', alias: 'n3', within: 'containers' }]);
    await links!.apply('e1', all, cut);
    expect(await links!.look('e1')).toMatchObject({ isApplied: true, isLifted: false });
    expect((await containerOf('n3')).networks).toEqual([`stormglass-${test.runId}-doors`]);
    // Started anew, it finds nobody: a cut is more than connections that were closed.
    await cluster.signal('n3', 'SIGKILL');
    await cluster.startNode('n3');
    const isAlone = async () => (await routesOf('n3')).length === 0;
    expect(await waitFor(isAlone, { timeoutMs: 30_000 })).toBe(true);

    expect(await carryOut(records[0]!, cluster.undoHandlers)).toMatchObject({ undone: true });
    expect(await links!.look('e1')).toMatchObject({ isApplied: false, isLifted: true });
    const isBack = async () => (await routesOf('n3')).length === 2;
    expect(await waitFor(isBack, { timeoutMs: 30_000 })).toBe(true);
  });

  it('keeps a node cut off while another effect holds it, and is healed of cuts from data alone', async () => {
    const { links } = cluster;
    const cut = { kind: 'cut', how: 'drop' } as const;
    const all = links!.directions.filter(({ from, to }) => from === 'n2' || to === 'n2');
    await links!.apply('a', all, cut);
    await links!.apply('b', all, cut);
    await links!.lift('a');
    expect((await containerOf('n2')).networks).not.toContain(`stormglass-${test.runId}-mesh`);
    const [record] = links!.undoRecords('b', all, cut);
    expect(await carryOut(record!)).toMatchObject({ undone: true });
    expect(await carryOut(record!)).toMatchObject({ undone: true });
    expect((await containerOf('n2')).networks).toContain(`stormglass-${test.runId}-mesh`);
    await links!.lift('b');
  });

  it.skipIf(SHAPING_LACK !== undefined)(
    'narrows what goes to and from a node, and lets it go again',
    async () => {
      const narrowed = new FaultUnderTest(scene, bandwidth, { rate: 64 * 1024, on: 'routes' }, ['n1']);
      await narrowed.inject();
      expect(await narrowed.observe('during')).toMatchObject({ holds: true });
      expect(await narrowed.undo()).toMatchObject(
        Array.from({ length: 3 }, () => ({ undone: true, detail: expect.stringMatching(/no more$/) })),
      );
      expect(await narrowed.observe('after')).toMatchObject({ holds: true });
    },
  );

  it.skipIf(SHAPING_LACK !== undefined)(
    'keeps single links narrow when a container is started anew, and is healed of it from data alone',
    async () => {
      const { links } = cluster;
      const way = [{ from: 'n2', to: 'n3' }];
      const slow = { kind: 'bandwidth', bytesPerSec: 64 * 1024 } as const;
      const [record, ...others] = links!.undoRecords('slow', way, slow);
      expect(others).toEqual([]);
      await links!.apply('slow', way, slow);
      await links!.apply('slower', way, { ...slow, bytesPerSec: 1024 });
      expect(await links!.look('slow')).toMatchObject({ isApplied: true, saw: 'n2 has 1 shaped lane' });
      await cluster.signal('n2', 'SIGKILL');
      await cluster.startNode('n2');
      const isLaid = async () => (await links!.look('slow')).isApplied;
      expect(await waitFor(isLaid, { timeoutMs: 15_000 })).toBe(true);
      await links!.lift('slow');
      expect(await links!.look('slower')).toMatchObject({ isApplied: true });
      const carried = await carryOut(record!);
      expect(carried).toMatchObject({ undone: true, detail: expect.stringMatching(/as fast as it can$/) });
      expect(await carryOut(record!)).toMatchObject({ undone: true });
      expect(await links!.look('slower')).toMatchObject({ isApplied: false, saw: 'n2 has 0 shaped lanes' });
      await links!.lift('slower');
      expect(await links!.look('slower')).toMatchObject({ isLifted: true });
      const isBack = async () => (await routesOf('n2')).length === 2;
      expect(await waitFor(isBack, { timeoutMs: 30_000 })).toBe(true);
    },
  );

  it('refuses what an engine cannot do to a link', async () => {
    const { links } = cluster;
    const drop = { kind: 'cut', how: 'drop' } as const;
    const all = links!.directions.filter(({ from, to }) => from === 'n1' || to === 'n1');
    const oneWay = all.filter(({ from }) => from === 'n1');
    expect(() => links!.undoRecords('x', oneWay, drop)).toThrow(/drop on single links is not to be had here/);
    expect(() => links!.undoRecords('x', all, { kind: 'cut', how: 'reject' })).toThrow(/reject/);
    await expect(links!.apply('x', all, { kind: 'slow-close', delayMs: 1 })).rejects.toThrow(/slow-close/);
    await expect(links!.apply('x', [{ from: 'n1', to: 'n9' }], drop)).rejects.toThrow(
      'no link from n1 to n9',
    );
  });
});

describe.skipIf(dockerEngine === undefined)(`containers that do not come up${NEEDS_ENGINE}`, () => {
  it('says what the server said, and leaves nothing', async () => {
    await using test = await dockerClusterTest();
    await expect(test.start({ nodes: 1, config: { max_payload: 'nonsense' } })).rejects.toThrow(
      /the server n1 died at its start: exit code 1/,
    );
    const left = await findMarkedThings(test.docker, test.runId);
    expect([left.containers, left.networks, left.volumes].flat()).toEqual([]);
  }, 60_000);

  it('has crashed when it dies by itself, noticed or not, and can be started at once', async () => {
    await using test = await dockerClusterTest();
    const cluster = await test.start({ nodes: 1 });
    const { id } = cluster.servers[0]!.container;
    const what = () => test.events.map((event) => event.what).filter((each) => each !== 'ready');
    await test.docker.getContainer(id).kill();
    await cluster.startNode('n1');
    expect(await cluster.lookAtProcess('n1')).toMatchObject({ state: 'running' });
    expect(what()).toEqual(['started', 'crashed', 'started']);
    expect(cluster.servers[0]!.death).toBeUndefined();

    await cluster.signal('n1', 'SIGKILL');
    await expect(cluster.signal('n1', 'SIGTERM')).rejects.toThrow(/not running/);
    await cluster.startNode('n1');
    expect(what().slice(3)).toEqual(['ended', 'started']);
    await test.docker.getContainer(id).kill();
    await cluster[Symbol.asyncDispose]();
    expect(what().slice(5)).toEqual(['crashed']);
  }, 60_000);

  it('speaks TLS with everybody, and knows its users', async () => {
    await using test = await dockerClusterTest();
    await using cluster = await test.start({ nodes: 3, tls: { verify: true }, auth: 'jwt' });
    const options = { name: 'test', connectTimeoutMs: 5_000, timeoutMs: 30_000 };
    expect((await greetServer(cluster.access, options)).info).toMatchObject({ tls_verify: true });
    const { tls: _, ...withoutTls } = cluster.access;
    await expect(greetServer(withoutTls, options)).rejects.toThrow();
  }, 60_000);

  it('says what the engine said of an image that is not there', async () => {
    await using test = await dockerClusterTest();
    await expect(test.start({ nodes: 1, image: 'stormglass-test-absent:none' })).rejects.toThrow(
      /the Docker engine refused: No such image: stormglass-test-absent:none/,
    );
  }, 60_000);
});
