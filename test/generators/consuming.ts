import { join } from 'node:path';
import { type ConsumerInfo, jetstream, type StreamConfig } from '@nats-io/jetstream';
import { expect } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadScene, ServerAccess } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import { jsConsume } from '../../src/generators/js-consume/js-consume.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { LoadUnderTest } from './load-under-test.js';
import { startWithStream as startOrders } from './orders-stream.js';

export const STREAM = 'ORDERS';
export const SUBJECT = 'cim.events.orders.Placed';

/** A stream of all events, what fills it, and who consumes it. */
export async function startWithStream(config: Partial<StreamConfig> = {}) {
  const system = await startOrders({ subjects: ['cim.events.>'], ...config });
  const { connection, manager } = system;
  const js = jetstream(connection, PATIENT_CLIENT);
  return {
    ...system,
    /** Publishes so many messages, each stamped as due now, and waits for the stream to have them. */
    async fill(count: number, subject = SUBJECT, dueNs = nowNs()) {
      const payload = Buffer.alloc(32);
      await Promise.all(
        Array.from({ length: count }, (_, i) => {
          writeStamp(payload, 0, 1, i, Math.floor(dueNs / 1000));
          return js.publish(subject, Uint8Array.from(payload));
        }),
      );
    },
    async consumers(): Promise<ConsumerInfo[]> {
      const all: ConsumerInfo[] = [];
      for await (const info of manager.consumers.list(STREAM)) all.push(info);
      return all;
    },
  };
}

/** A server that is busy with other tests shall not be the reason why something is not there in time. */
const PATIENT = { heartbeat: '15s', 'ack-timeout': '60s', 'ack-wait': '5m', 'drain-within': '60s' };

export type System = Awaited<ReturnType<typeof startWithStream>>;

export interface Consuming {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly workers?: number;
  readonly durationNs?: number;
  readonly scene?: Partial<LoadScene>;
  /** The way of the workers to the server; straight unless told. */
  readonly access?: ServerAccess;
  /** Where each worker leaves its history: `0.sgh`, … */
  readonly historyDir?: string;
}

export function planOf({ params, workers = 1, durationNs }: Consuming): LoadPlan {
  return {
    name: 'orders',
    kind: 'js-consume',
    domains: [],
    schedule: { mode: 'follow', ...(durationNs !== undefined && { durationNs }) },
    atNs: 0,
    warmUpNs: 0,
    workers,
    params: jsConsume.schema.parse({ stream: STREAM, ...params }),
  };
}

/** What the load makes ready in the conductor's thread, and all of its workers. */
export async function consume(system: System, consuming: Consuming = {}) {
  const load = planOf({ ...consuming, params: { ...PATIENT, ...consuming.params } });
  const tidy = await jsConsume.prepare!(load, {
    runId: 'test',
    seed: 1,
    access: system.server.access,
    scene: { streams: [], events: [], loads: [load], isExternal: true, defaultStorage: 'file' },
    nodes: [],
    recordUndo: () => {},
    signal: new AbortController().signal,
  });
  const workers = Array.from(
    { length: load.workers },
    (_, worker) =>
      new LoadUnderTest({
        access: consuming.access ?? system.server.access,
        kind: 'js-consume',
        schedule: load.schedule,
        required: { stream: STREAM },
        params: load.params,
        worker,
        workers: load.workers,
        writer: 20 + worker,
        ...(consuming.historyDir && { historyFile: join(consuming.historyDir, `${worker}.sgh`) }),
      }),
  );
  for (const worker of workers) await worker.start();
  return {
    first: workers[0]!,
    workers,
    tidy,
    count: (counter: Parameters<LoadUnderTest['count']>[0]) =>
      workers.reduce((sum, worker) => sum + worker.count(counter), 0),
    /** Ends the load when the look holds. */
    async until(look: () => boolean | Promise<boolean>) {
      const seen = await waitFor(look, { timeoutMs: 60_000, everyMs: 10 });
      for (const worker of workers) worker.stop();
      for (const worker of workers) await worker.finished();
      expect(seen, 'the load never came so far').toBe(true);
    },
  };
}

export const infoOf = async (system: System) => (await system.consumers())[0]!;

/** Whether the consumer has been through the stream, and all is acknowledged. What it has pending may lag behind the stream. */
export const settled = async (system: System) => {
  const { state } = await system.manager.streams.info(STREAM);
  const { num_pending, num_ack_pending, delivered } = await infoOf(system);
  return num_pending + num_ack_pending === 0 && delivered.stream_seq === state.last_seq;
};

/** Waits until so many pull requests stand at each consumer: from then on the server serves them by turns. */
export const pulled = (system: System, requests: number, consumers = 1) =>
  expect
    .poll(async () => (await system.consumers()).map(({ num_waiting }) => num_waiting))
    .toEqual(Array(consumers).fill(requests));

/** A load that reads what there is, and ends. */
export async function drain(system: System, consuming: Consuming = {}) {
  const params = { until: 'drained', ...consuming.params };
  const load = await consume(system, { durationNs: 0.01 * NS.s, ...consuming, params });
  for (const worker of load.workers) await worker.finished();
  return load;
}
