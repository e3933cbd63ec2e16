import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBE_KINDS } from '../../src/app/plugins.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { SystemControl } from '../../src/contracts/control.js';
import type { ProbeLook } from '../../src/contracts/probe.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { type FaultScene, faultScene } from '../support/fault-under-test.js';
import { whileStopped } from '../support/pause-process.js';

let test: ClusterTest;
let cluster: Cluster;
let scene: FaultScene;
let control: SystemControl;
let web: Server;
let webUrl: string;
let answer: { status: number; body: string } = { status: 200, body: 'all is well' };
let asked: string[] = [];

beforeAll(async () => {
  test = await clusterTest();
  cluster = await test.start({ nodes: 3 });
  scene = await faultScene(cluster, test.runId);
  control = scene.control;
  await control.createStreams([
    { name: 'ORDERS', subjects: ['orders.>'], config: { num_replicas: 3, storage: 'memory' } },
  ]);
  web = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (answer.status === 0) return;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(async () => {
  web?.closeAllConnections();
  web?.close();
  await scene?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

/** What a probe sees, or why it cannot look: the same to whoever asks it. */
async function look(kind: string, params: Record<string, unknown>, timeoutMs = 20_000): Promise<ProbeLook> {
  const probe = PROBE_KINDS.find((each) => each.kind === kind)?.create(params);
  try {
    return (await probe?.look({ cluster, control, timeoutMs })) as ProbeLook;
  } catch (error) {
    return { holds: false, saw: (error as Error).message };
  }
}

const answering = async (status: number, body: string, kind: string, params: Record<string, unknown>) => {
  answer = { status, body };
  asked = [];
  return look(kind, params, status === 0 ? 200 : undefined);
};

describe('the probe', () => {
  it('health asks the nodes that it is told, or all', async () => {
    await expect.poll(() => look('health', {})).toEqual({ holds: true, saw: '3 say ok' });
    await expect.poll(() => look('health', { nodes: ['n1'] })).toEqual({ holds: true, saw: '1 say ok' });
  });

  it('leader finds who leads, and that nobody does', async () => {
    // A busy cluster may elect at any time.
    await expect
      .poll(() => look('leader', {}))
      .toMatchObject({ holds: true, saw: expect.stringMatching(/^n[123] leads$/) });
    await expect.poll(() => look('leader', { stream: 'ORDERS' })).toMatchObject({ holds: true });
    await expect
      .poll(() => look('leader', { stream: 'NONE' }))
      .toEqual({ holds: false, saw: 'there is no stream NONE' });
  });

  it('lag counts what is before the consumers', async () => {
    await expect
      .poll(() => look('lag', { below: 1 }))
      .toEqual({ holds: true, saw: '0 messages before the consumers' });
    expect(await look('lag', { stream: 'NONE', below: 1 })).toMatchObject({ holds: false });
  });

  it('publish is taken by a server, or acknowledged by a stream', async () => {
    await expect.poll(() => look('publish', { subject: 'nobody.listens' })).toMatchObject({ holds: true });
    await expect
      .poll(() => look('publish', { subject: 'orders.probe', acknowledged: true }))
      .toMatchObject({ holds: true, saw: expect.stringContaining('ORDERS acknowledged it') });
    const lost = await look('publish', { subject: 'nobody.listens', acknowledged: true });
    expect(lost.holds).toBe(false);
  });

  it('http wants its status and its words', async () => {
    const url = `${webUrl}/ready`;
    expect(await answering(200, 'all is well', 'http', { url })).toEqual({ holds: true, saw: 'status 200' });
    expect(asked).toEqual(['GET /ready']);
    expect(await answering(503, 'no', 'http', { url })).toEqual({ holds: false, saw: 'status 503, not 200' });
    expect(await answering(503, 'no', 'http', { url, status: 503 })).toMatchObject({ holds: true });
    expect(await answering(200, 'all is well', 'http', { url, contains: 'well' })).toMatchObject({
      holds: true,
    });
    expect(await answering(200, 'fine', 'http', { url, contains: 'well' })).toEqual({
      holds: false,
      saw: 'status 200, without "well"',
    });
    expect(await answering(0, '', 'http', { url })).toEqual({ holds: false, saw: 'no answer within 200 ms' });
  });

  it('prometheus wants every series to be as expected, and data', async () => {
    const vector = (...values: [string, string][]) =>
      JSON.stringify({
        status: 'success',
        data: {
          resultType: 'vector',
          result: values.map(([node, value]) => ({ metric: { node }, value: [1_700_000_000.5, value] })),
        },
      });
    const query = { url: webUrl, query: 'up{job="nats"}', expect: '>= 1' };
    expect(await answering(200, vector(['n1', '1'], ['n2', '1']), 'prometheus', query)).toEqual({
      holds: true,
      saw: '2 series >= 1',
    });
    expect(asked).toEqual([
      `GET /api/v1/query?query=${new URLSearchParams({ q: query.query }).toString().slice(2)}`,
    ]);
    expect(await answering(200, vector(['n1', '1'], ['n2', '0']), 'prometheus', query)).toEqual({
      holds: false,
      saw: '0 of {node="n2"}, not >= 1',
    });
    expect(await answering(200, vector(['n1', 'NaN']), 'prometheus', query)).toMatchObject({ holds: false });
    expect(await answering(200, vector(), 'prometheus', query)).toEqual({
      holds: false,
      saw: 'the query gives no data',
    });
    const refused = JSON.stringify({ status: 'error', error: 'parse error: unexpected end' });
    expect(await answering(400, refused, 'prometheus', query)).toEqual({
      holds: false,
      saw: 'parse error: unexpected end',
    });
    expect(await answering(200, '<html>', 'prometheus', query)).toMatchObject({ holds: false });
  });

  it('command wants its exit code and its words, and does not wait for ever', async () => {
    const node = (script: string) => [process.execPath, '-e', script];
    expect(await look('command', { run: node('console.log("in order")'), contains: 'order' })).toEqual({
      holds: true,
      saw: 'exit code 0: in order',
    });
    expect(await look('command', { run: node('process.exit(3)') })).toEqual({
      holds: false,
      saw: 'exit code 3, not 0',
    });
    expect(await look('command', { run: node('process.exit(3)'), exit: 3 })).toMatchObject({ holds: true });
    expect(await look('command', { run: node('setTimeout(() => {}, 60_000)') }, 300)).toEqual({
      holds: false,
      saw: 'it did not end within 300 ms',
    });
    expect(await look('command', { run: ['/no/such/program'] })).toMatchObject({
      holds: false,
      saw: expect.stringContaining('ENOENT'),
    });
  });

  it.each([
    ['lag', { below: 5, consumer: 'c' }, /say which, with `stream`/],
    ['leader', { consumer: 'c' }, /say which, with `stream`/],
    ['prometheus', { url: 'http://127.0.0.1:1', query: 'up', expect: 'about 5' }, /expected a comparison/],
    ['http', { url: 'ftp://127.0.0.1' }, /expected a URL/],
    ['publish', { subject: 'orders.*' }, /without wildcards/],
    ['command', { run: [] }, /expected a program/],
  ])('%s refuses what it cannot look at', (kind, params, message) => {
    expect(() => PROBE_KINDS.find((each) => each.kind === kind)?.create(params)).toThrow(message);
  });

  // The last: a cluster that had to do without a node may have to elect.
  it('health names the one that is not well', async () => {
    const pid = cluster.node('n2').process?.pid as number;
    const seen = await whileStopped(pid, () => look('health', {}, 5000));
    expect(seen).toMatchObject({ holds: false, saw: expect.stringMatching(/^n2: [^;]*no answer[^;]*$/) });
  });
});
