// Loads of every kind that keeps a history, each at a steady pace, and what their operations take on disk.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { OPERATION_KINDS } from '../../dist/contracts/history.js';
import { jsConsume } from '../../dist/generators/js-consume/js-consume.js';
import { jsPublish } from '../../dist/generators/js-publish/js-publish.js';
import { kv } from '../../dist/generators/kv/kv.js';
import { request } from '../../dist/generators/request/request.js';
import { service } from '../../dist/generators/service/service.js';
import { openHistory } from '../../dist/history/history-reader.js';
import { runLoad, startResponder } from './load-run.mjs';

const STREAM = 'RECORDED';
const size = { minBytes: 128, maxBytes: 128 };
const TYPES = ['Placed', 'Paid', 'Shipped', 'Returned'];
const eventsTo = (prefix) =>
  TYPES.map((type) => ({ domain: 'bench', type, subject: `${prefix}.${type}`, weight: 1, size }));
const common = { atNs: 0, warmUpNs: 0, workers: 1 };

/** Bytes an operation, by what the load does: an object of `{ kinds, operations, bytes }`. */
export async function bytesOfKinds({ server, directory, perSec, seconds, keys }) {
  const access = { servers: [{ host: '127.0.0.1', port: server.port }] };
  const context = {
    ...{ runId: 'bench', seed: 1, access, nodes: [], recordUndo: () => {} },
    scene: { streams: [], events: [], loads: [], isExternal: true, defaultStorage: 'file' },
    signal: new AbortController().signal,
  };
  const schedule = {
    mode: 'open',
    arrival: { kind: 'poisson' },
    unit: 'operations',
    stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs: seconds * 1e9 }],
  };
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const manager = await jetstreamManager(connection, { timeout: 20_000 });
  const rows = [];
  let files = 0;

  async function record(what, plan, events) {
    const historyFile = join(directory, `${++files}.sgh`);
    const load = { name: 'bench', domains: ['bench'], schedule, ...common, ...plan };
    await runLoad({ port: server.port, load, events, historyFile });
    rows.push({ what, ...figuresOf(historyFile) });
  }

  await manager.streams.add({ name: STREAM, subjects: ['recorded.>'] });
  const published = eventsTo('recorded');
  await record('js-publish', { kind: 'js-publish', params: jsPublish.schema.parse({}) }, published);

  for (const params of [
    { mode: 'ordered' },
    { ack: 'explicit' },
    { ack: 'sync' },
    { ack: 'explicit', nak: '5%', term: '5%' },
  ]) {
    const load = {
      ...{ name: 'bench', kind: 'js-consume', domains: [], ...common },
      schedule: { mode: 'follow', durationNs: 10e6 },
      params: jsConsume.schema.parse({ stream: STREAM, until: 'drained', ...params }),
    };
    const tidy = await jsConsume.prepare(load, context);
    const what = `js-consume, ${Object.entries(params).map(([key, value]) => `${key}: ${value}`)}`;
    await record(what, load, []);
    await tidy();
  }

  const bucket = kv.schema.parse({ bucket: 'recorded', keys });
  const plan = { name: 'bench', kind: 'kv', domains: [], schedule, ...common, params: bucket };
  for (const { name, subjects, config } of kv.streams(plan, context.scene)) {
    await manager.streams.add({ ...config, name, subjects: [...subjects] });
  }
  await kv.prepare(plan, context);
  for (const mix of [
    { put: 1 },
    { get: 1 },
    { 'compare-and-set': 1 },
    { put: 25, get: 50, 'compare-and-set': 25 },
  ]) {
    const params = kv.schema.parse({ bucket: 'recorded', keys, mix });
    await record(`kv, ${Object.keys(mix).join(' and ')}`, { ...plan, params }, []);
  }

  const end = await startResponder({
    port: server.port,
    load: {
      ...{ name: 'responder', kind: 'service', domains: ['bench'], ...common },
      schedule: { mode: 'follow', durationNs: 600e9 },
      params: service.schema.parse({ subject: 'requests.bench.>' }),
    },
    events: eventsTo('requests.bench'),
  });
  await record('request', { kind: 'request', params: request.schema.parse({}) }, eventsTo('bench'));
  await end();
  await connection.close();
  return rows;
}

function figuresOf(file) {
  const counts = new Map();
  let operations = 0;
  for (const { count, kind } of openHistory(file).blocks()) {
    operations += count;
    for (let i = 0; i < count; i++) counts.set(kind[i], (counts.get(kind[i]) ?? 0) + 1);
  }
  const kinds = Object.fromEntries([...counts].map(([kind, count]) => [OPERATION_KINDS[kind], count]));
  return { kinds, operations, bytes: statSync(file).size / operations };
}
