import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { StreamPlan } from '../../src/contracts/plan/streams.js';
import { knownKeys } from '../../src/scenario/parse-part.js';
import { streamSchema } from '../../src/scenario/stream-schema.js';
import { startTestServer } from '../support/nats-server.js';
import { edited, plan } from './plugins.js';

const streams = (text: string): readonly StreamPlan[] =>
  plan(edited(['  - { name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }', text])).streams;

describe('a stream', () => {
  it('is the server’s own configuration, with what it leaves out made explicit', () => {
    expect(streams('  - { name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }')).toEqual([
      {
        name: 'ORDERS',
        subjects: ['cim.events.orders.>'],
        config: { name: 'ORDERS', subjects: ['cim.events.orders.>'], storage: 'file', num_replicas: 3 },
      },
    ]);
  });

  it('takes durations as nanoseconds and sizes as bytes', () => {
    const [stream] = streams(
      '  - { name: ORDERS, subjects: [cim.events.orders.>], max_age: 1h, duplicate_window: 2s, max_bytes: 1GiB, max_msg_size: -1 }',
    );
    expect(stream?.config).toMatchObject({
      max_age: 3600 * NS.s,
      duplicate_window: 2 * NS.s,
      max_bytes: 1024 ** 3,
      max_msg_size: -1,
    });
  });

  it('is kept where the cluster keeps its streams, unless it says so itself', () => {
    const storage = (jetstream: string, ofStream: string) =>
      plan(edited(['nodes: 3', `nodes: 3, jetstream: ${jetstream}`], ['replicas: 3', ofStream])).streams[0]
        ?.config.storage;
    expect(storage('{ storage: memory }', 'replicas: 3')).toBe('memory');
    expect(storage('{ storage: memory }', 'storage: file')).toBe('file');
    expect(storage('true', 'replicas: 3')).toBe('file');
  });
});

describe('every field of a StreamConfig', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>;
  let connection: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    server = await startTestServer({ jetstream: true });
    connection = await connect({ servers: `127.0.0.1:${server.port}` });
  });
  afterAll(async () => {
    await connection?.close();
    await server?.[Symbol.asyncDispose]();
  });

  const create = async ({ name, config }: StreamPlan): Promise<Record<string, unknown>> => {
    const reply = await connection.request(`$JS.API.STREAM.CREATE.${name}`, JSON.stringify(config), {
      timeout: 10_000,
    });
    return reply.json();
  };

  const planned = streams(`
  - name: ORDERS
    subjects: [cim.events.orders.>]
    description: all of it
    retention: limits
    max_consumers: 10
    max_msgs: 1000000
    max_msgs_per_subject: -1
    max_bytes: 64MiB
    max_msg_size: 1MiB
    max_age: 1h
    duplicate_window: 2m
    discard: old
    discard_new_per_subject: false
    no_ack: false
    storage: file
    compression: s2
    first_seq: 100
    placement: { tags: [] }
    republish: { src: cim.events.orders.>, dest: copies.>, headers_only: true }
    allow_direct: true
    deny_delete: true
    deny_purge: false
    sealed: false
    mirror_direct: false
    allow_rollup_hdrs: false
    allow_msg_ttl: true
    subject_delete_marker_ttl: 1s
    allow_msg_counter: false
    allow_atomic: true
    allow_batched: true
    allow_msg_schedules: true
    persist_mode: default
    consumer_limits: { inactive_threshold: 1m, max_ack_pending: 100 }
    metadata: { owner: orders }
  - name: SAMPLED
    subjects: [cim.events.telemetry.>]
    subject_transform: { src: cim.events.telemetry.>, dest: kept.telemetry.> }
  - { name: COPY, mirror: { name: ORDERS, opt_start_seq: 100 }, mirror_direct: true }
  - name: GATHERED
    sources:
      - { name: ORDERS, opt_start_time: "2026-01-31T12:00:00Z", filter_subject: cim.events.orders.Paid }
      - { name: SAMPLED, subject_transforms: [{ src: kept.>, dest: gathered.> }] }`);

  it.each(planned.map((stream) => [stream.name, stream] as const))(
    'is taken by a real server: %s',
    async (_, stream) => {
      const reply = await create(stream);
      expect(reply.error).toBeUndefined();
      // A field that the server does not know would be missing from what it says it has.
      const { placement: _placement, ...sent } = stream.config;
      expect(reply.config).toMatchObject(
        Object.fromEntries(
          Object.entries(sent).filter(([, value]) => value !== false && value !== 'default'),
        ),
      );
    },
  );

  it('that the server shows is one that a scenario can say', async () => {
    const { config } = (await create(planned[0] as StreamPlan)) as { config: Record<string, unknown> };
    const known = knownKeys(streamSchema, []);
    expect(Object.keys(config).filter((key) => !known.includes(key))).toEqual([]);
  });
});
