import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { EventKind } from '../../src/contracts/plan/events.js';
import { readVarz } from '../../src/nats/endpoints.js';
import { emptyStamp, readStamp, STAMP_BYTES } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { whileStopped } from '../support/pause-process.js';
import { LoadUnderTest, ORDERS, steadyRate } from './load-under-test.js';
import { subscribe } from './subscriber.js';

interface Seen {
  readonly subject: string;
  readonly sequence: number;
  readonly dueNs: number;
  readonly body: Buffer;
}

/** The events of a message, taken apart as docs say they are put together. */
function eventsOf(subject: string, data: Uint8Array): Seen[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  expect(bytes.readUInt16BE(0)).toBe(0xc102);
  const events: Seen[] = [];
  const stamp = emptyStamp();
  let at = 4;
  for (let left = bytes.readUInt16BE(2); left > 0; left--) {
    expect(readStamp(bytes, at, STAMP_BYTES, stamp)).toBe(true);
    const length = bytes.readUInt32BE(at + 16);
    const body = Buffer.from(bytes.subarray(at + 20, at + 20 + length));
    events.push({ subject, sequence: stamp.sequence, dueNs: stamp.dueNs, body });
    at += 20 + length;
  }
  expect(at).toBe(bytes.length);
  return events;
}

/** What a subscriber makes of the messages, and the events in them. */
async function subscribeToBatches(port: number) {
  const events: Seen[] = [];
  const subscriber = await subscribe(port, 'cim.>', ({ subject, data, headers }) => {
    const inside = eventsOf(subject, data);
    events.push(...inside);
    return { events: inside.length, header: headers?.get('traceparent') };
  });
  return {
    events,
    get messages() {
      return subscriber.seen;
    },
    [Symbol.asyncDispose]: () => subscriber[Symbol.asyncDispose](),
  };
}

const batch = (events: number, withinMs: number) => ({ events, within: withinMs * NS.ms });

describe('publish with several events a message', () => {
  it('sends every event once, in order by subject, with its own due time', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToBatches(server.port);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(20_000, 0.5),
      params: { batch: batch(32, 5) },
    });
    await load.run();
    await waitFor(() => subscriber.events.length >= 10_000, { timeoutMs: 30_000 });

    const { events, messages } = subscriber;
    // Numbered as they were sent: whoever receives them sees a gap where one is lost, and nowhere else.
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    [...events]
      .sort((a, b) => a.dueNs - b.dueNs)
      .forEach(({ dueNs }, i) => {
        expect(Math.abs(dueNs - (load.startNs + (i / 20_000) * NS.s))).toBeLessThanOrEqual(1000);
      });
    for (const { subject } of ORDERS.slice(0, 2)) {
      const own = events.filter((event) => event.subject === subject).map(({ dueNs }) => dueNs);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    for (const { subject, body } of events) {
      const { minBytes, maxBytes } = ORDERS.find((kind) => kind.subject === subject)!.size;
      expect(body.length + STAMP_BYTES).toBeGreaterThanOrEqual(minBytes);
      expect(body.length + STAMP_BYTES).toBeLessThanOrEqual(maxBytes);
    }
    expect(Math.max(...messages.map((message) => message.events))).toBeLessThanOrEqual(32);
    expect(load.count('due')).toBe(10_000);
    expect(load.count('sent')).toBe(10_000);
    expect(load.count('ok')).toBe(10_000);
    expect(load.count('messages')).toBe(messages.length);
    expect(load.count('bytes')).toBe(events.reduce((sum, { body }) => sum + body.length + STAMP_BYTES, 0));
  });

  it('fills its messages where there is enough, and sends what is old where there is not', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToBatches(server.port);
    const full = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: { mode: 'max', durationNs: 600 * NS.s },
      params: { batch: batch(16, 60_000) },
    });
    await full.start();
    await waitFor(() => subscriber.events.length > 1000, { timeoutMs: 30_000, everyMs: 5 });
    full.stop();
    await full.finished();
    const all = full.count('ok');
    await waitFor(() => subscriber.events.length >= all, { timeoutMs: 30_000 });
    const { messages, events } = subscriber;
    // All but the last of each subject.
    expect(messages.filter((message) => message.events < 16).length).toBeLessThanOrEqual(2);
    expect(full.count('messages')).toBe(messages.length);
    expect(all).toBeGreaterThan(1000);

    messages.length = 0;
    events.length = 0;
    const sparse = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(100, 600),
      params: { batch: batch(5000, 100) },
    });
    await sparse.start();
    // About ten events in a hundred milliseconds, in two subjects, and never enough to fill a message.
    await expect.poll(() => sparse.count('messages')).toBeGreaterThan(5);
    sparse.stop();
    await sparse.finished();
    await expect.poll(() => events.length).toBe(sparse.count('ok'));
    expect(messages.length).toBeLessThan(events.length);
    expect(sparse.count('messages')).toBe(messages.length);
  });

  it('keeps JSON what it is, and gives a message the headers of its first event', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToBatches(server.port);
    const json: EventKind = {
      ...ORDERS[0]!,
      size: { minBytes: 0, maxBytes: 100 },
      payload: { kind: 'template', text: '{"n":{{sequence}},"type":"{{type}}","id":"{{uuid}}"}' },
    };
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(2000, 0.3),
      events: [json],
      params: { batch: batch(8, 5), traceparent: 2 },
    });
    await load.run();
    await waitFor(() => subscriber.events.length >= 600, { timeoutMs: 30_000 });
    const ids = new Set<string>();
    for (const { body, sequence } of subscriber.events) {
      const event = JSON.parse(body.toString());
      expect(event).toMatchObject({ n: sequence, type: 'Placed' });
      ids.add(event.id);
    }
    expect(ids.size).toBe(600);
    subscriber.messages.forEach(({ header }, i) => {
      if (i % 2 === 1) expect(header ?? '').toBe('');
      else expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    });
  });

  it('loses nothing to a server that stands still, and gives up what waits too long', async () => {
    await using server = await startTestServer();
    const large = { ...ORDERS[0]!, size: { minBytes: 16_000, maxBytes: 16_000 } };
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(4000, 2),
      events: [large],
      params: { backlog: 0.3 * NS.s, batch: batch(4, 5) },
    });
    await load.ready();
    await whileStopped(server.pid, async () => {
      await load.start();
      await waitFor(() => load.count('unsent') > 0, { timeoutMs: 20_000 });
    });
    await load.finished();
    expect(load.count('blocked')).toBeGreaterThan(0);
    expect(load.count('due')).toBe(8000);
    expect(load.count('sent') + load.count('unsent')).toBe(8000);
    expect(load.count('ok')).toBe(load.count('sent'));
    await expect.poll(async () => (await readVarz(server.monitorUrl)).in_msgs).toBe(load.count('messages'));
  });

  it('files each event under the phase in which it was due', async () => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(2000, 1),
      params: { batch: batch(32, 20) },
    });
    await load.start();
    load.phaseClock.begin('faults', load.startNs + 0.5 * NS.s);
    await load.finished();
    const ok = (phase: string) =>
      load.reports
        .flatMap(({ phases }) => phases)
        .filter((report) => report.phase === phase)
        .reduce((sum, { counters }) => sum + (counters.ok ?? 0), 0);
    expect([ok('steady'), ok('faults')]).toEqual([1000, 1000]);
  });

  it('refuses a message that the server does not take, before it starts', async () => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(1, 1),
      events: [{ ...ORDERS[0]!, size: { minBytes: 64_000, maxBytes: 64_000 } }],
      params: { batch: batch(32, 5) },
    });
    await expect(load.ready()).rejects.toThrow(
      /^preflight: load orders: a message of 32 events has up to 20481\d\d B, the server takes 1048576 B/,
    );
    await expect(load.finished()).rejects.toThrow();
  });
});
