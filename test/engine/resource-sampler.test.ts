import { describe, expect, it } from 'vitest';
import { createResourceProbe } from '../../src/app/resource-probe.js';
import { waitFor } from '../../src/base/wait.js';
import type { ClusterNode } from '../../src/contracts/cluster.js';
import type { GeneratorProcess } from '../../src/contracts/load.js';
import type { ResourceProbe, ResourceSample, ServerReading } from '../../src/contracts/resources.js';
import { ResourceSampler } from '../../src/engine/resource-sampler.js';
import { identify } from '../../src/processes/identity.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';

const nodeOf = (name: string, server: TestServer, by: 'process' | 'varz'): ClusterNode => {
  const process = by === 'process' ? identify(server.pid) : undefined;
  const { port: clientPort, monitorUrl } = server;
  return { name, host: '127.0.0.1', clientPort, monitorUrl, ...(process && { process }) };
};

function sampling(nodes: readonly ClusterNode[], generators: readonly GeneratorProcess[] = []) {
  const samples: ResourceSample[] = [];
  const add = (sample: ResourceSample) => samples.push(sample);
  const sampler = new ResourceSampler({ nodes }, createResourceProbe(), add, generators);
  sampler.start();
  const seen = (matches: (sample: ResourceSample) => boolean) =>
    waitFor(() => samples.find(matches), { timeoutMs: 60_000, everyMs: 20 });
  return { samples, seen, [Symbol.asyncDispose]: () => sampler.stop() };
}

const ofServer = (node: string) => (sample: ResourceSample) => sample.of === 'server' && sample.node === node;

describe('ResourceSampler', () => {
  it('looks at a server by its process where that is known, and else by its own word', async () => {
    await using ours = await startTestServer();
    await using theirs = await startTestServer();
    await using look = sampling([nodeOf('ours', ours, 'process'), nodeOf('theirs', theirs, 'varz')]);
    expect(await look.seen(ofServer('ours'))).toMatchObject({ source: 'process', connections: null });
    expect(await look.seen(ofServer('theirs'))).toMatchObject({
      source: 'varz',
      connections: 0,
      openFiles: null,
    });
    for (const sample of look.samples) {
      if (sample.of !== 'server') continue;
      expect(sample.residentBytes).toBeGreaterThan(1e6);
      expect(sample.cpuNs).toBeGreaterThanOrEqual(0);
    }
  });

  it('looks at stormglass itself and at the machine', async () => {
    await using look = sampling([]);
    expect(await look.seen(({ of }) => of === 'worker')).toMatchObject({ role: 'conductor' });
    const own = await look.seen(({ of }) => of === 'process');
    // The machine counts in ticks of 10 ms: a quiet one may have had none between two looks.
    const machine = await look.seen((sample) => sample.of === 'machine' && sample.busyNs > 0);
    if (own?.of !== 'process' || machine?.of !== 'machine') throw new Error('nothing was seen');
    expect(own.residentBytes).toBeGreaterThan(1e6);
    // What one process used cannot be more than what the machine did, but for the coarser clock of the latter.
    const spanNs = machine.endNs - machine.startNs;
    expect(machine.busyNs).toBeLessThan(1.5 * machine.cores * spanNs);
  });

  it('looks at processes of its own beside itself, until they end', async () => {
    await using other = await startTestServer();
    await using look = sampling([], [{ name: 'fleet 3', pid: other.pid }]);
    const isIt = (sample: ResourceSample) => sample.of === 'process' && sample.generator === 'fleet 3';
    const seen = await look.seen(isIt);
    if (seen?.of !== 'process') throw new Error('nothing was seen');
    expect(seen.residentBytes).toBeGreaterThan(1e6);
    expect(seen.cpuNs).toBeLessThan(0.9 * (seen.endNs - seen.startNs));
    expect(
      await look.seen((sample) => sample.of === 'process' && sample.generator === undefined),
    ).toBeTruthy();
    await other.stop('SIGKILL');
    const rounds = () => look.samples.filter(({ of }) => of === 'machine').length;
    const [before, then] = [look.samples.filter(isIt).length, rounds()];
    await waitFor(() => rounds() > then + 2, { timeoutMs: 60_000 });
    expect(look.samples.filter(isIt).length).toBeLessThanOrEqual(before + 1);
  });

  it('is held up by no server that does not answer, and asks it no second time meanwhile', async () => {
    await using lively = await startTestServer();
    await using paused = await startTestServer();
    await pauseProcess(paused.pid);
    await using stuck = sampling([nodeOf('paused', paused, 'varz'), nodeOf('lively', lively, 'process')]);
    expect(await stuck.seen(ofServer('lively'))).toBeTruthy();
    expect(stuck.samples.some(ofServer('paused'))).toBe(false);
    process.kill(paused.pid, 'SIGCONT');
    expect(await stuck.seen(ofServer('paused'))).toBeTruthy();
  });

  it('has nothing to say of a server that is gone', async () => {
    await using server = await startTestServer();
    const node = nodeOf('n1', server, 'process');
    await server.stop('SIGKILL');
    await using look = sampling([node]);
    await look.seen(({ of }) => of === 'machine');
    expect(look.samples.some(ofServer('n1'))).toBe(false);
  });

  it('tells nothing after its end, whatever a server that did not answer says then', async () => {
    const answers: ((reading: ServerReading) => void)[] = [];
    const probe: ResourceProbe = {
      ...createResourceProbe(),
      server: () => new Promise((resolve) => answers.push(resolve)),
    };
    const samples: ResourceSample[] = [];
    const node = { name: 'n1', host: '127.0.0.1', clientPort: 1 };
    const sampler = new ResourceSampler({ nodes: [node] }, probe, (sample) => samples.push(sample));
    const rounds = (count: number) =>
      waitFor(() => samples.filter(({ of }) => of === 'machine').length > count, { timeoutMs: 30_000 });
    sampler.start();
    answers[0]?.({ startedAt: 'then' } as ServerReading);
    // Asked a second time; the rounds after that pass it by.
    await waitFor(() => answers.length === 2, { timeoutMs: 30_000 });
    await rounds(samples.filter(({ of }) => of === 'machine').length);
    await sampler.stop();
    const told = samples.length;
    answers[1]?.({ startedAt: 'then' } as ServerReading);
    await new Promise((resolve) => setImmediate(resolve));
    expect(samples.length).toBe(told);
  });
});
