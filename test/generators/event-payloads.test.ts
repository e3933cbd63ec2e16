import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Msg } from '@nats-io/transport-node';
import { afterAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { EventKind, PayloadPlan } from '../../src/contracts/plan/events.js';
import { emptyStamp, readStamp, STAMP_BYTES } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { LoadUnderTest, ORDERS, steadyRate, type TestLoadOptions } from './load-under-test.js';
import { subscribe } from './subscriber.js';

const dir = mkdtempSync(join(tmpdir(), 'stormglass-payloads-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Seen {
  readonly subject: string;
  readonly payload: Buffer;
  readonly sequence: number;
  header(name: string): string;
}

function seenOf({ subject, data, headers }: Msg): Seen {
  const payload = Buffer.from(data);
  const stamp = emptyStamp();
  const hex = Buffer.from(headers?.get('Stormglass-Stamp') ?? '', 'hex');
  const isStamped = readStamp(payload, 0, payload.length, stamp) || readStamp(hex, 0, STAMP_BYTES, stamp);
  if (!isStamped) throw new Error(`a foreign message on ${subject}`);
  return { subject, payload, sequence: stamp.sequence, header: (name) => headers?.get(name) ?? '' };
}

/** What a subscriber with the NATS.js client sees of so many events. */
async function publish(count: number, options: Partial<TestLoadOptions>): Promise<readonly Seen[]> {
  await using server = await startTestServer();
  await using subscriber = await subscribe(server.port, 'cim.>', seenOf);
  const load = new LoadUnderTest({
    access: server.access,
    kind: 'publish',
    schedule: steadyRate(count * 4, 0.25),
    ...options,
  });
  await load.run();
  await waitFor(() => subscriber.seen.length >= count, { timeoutMs: 30_000 });
  const { seen } = subscriber;
  expect(seen.map(({ sequence }) => sequence)).toEqual(Array.from({ length: count }, (_, i) => i));
  return seen;
}

const made = (payload: PayloadPlan, type = 'Placed'): EventKind => ({
  ...ORDERS[0]!,
  type,
  subject: `cim.events.orders.${type}`,
  weight: 1,
  size: { minBytes: 0, maxBytes: 200 },
  payload,
});

describe('events that are published', () => {
  it('are what their template says, and stamped in a header', async () => {
    const text =
      '{"id":"{{uuid}}","n":{{sequence}},"at":"{{time}}","to":"{{subject}}","mood":"{{choice a b}}"}';
    const before = Date.now();
    const seen = await publish(1000, { events: [made({ kind: 'template', text })] });
    const ids = new Set<string>();
    const moods = new Set<string>();
    for (const { payload, sequence, subject } of seen) {
      const event = JSON.parse(payload.toString());
      expect(event).toMatchObject({ n: sequence, to: subject });
      expect(Math.abs(Date.parse(event.at) - before)).toBeLessThan(60_000);
      ids.add(event.id);
      moods.add(event.mood);
    }
    expect(ids.size).toBe(1000);
    expect([...moods].sort()).toEqual(['a', 'b']);
  });

  it('have headers with fields of their own, and exactly one in so many a trace', async () => {
    const seen = await publish(1000, {
      params: { traceparent: 7, headers: { 'X-Id': 'e-{{uuid}}', 'X-Type': '{{type}}', Fixed: 'yes' } },
    });
    expect(new Set(seen.map(({ header }) => header('X-Id'))).size).toBe(1000);
    seen.forEach(({ subject, sequence, header }) => {
      expect(header('X-Id')).toMatch(/^e-[0-9a-f-]{36}$/);
      expect(header('X-Type')).toBe(subject.split('.')[3]);
      expect(header('Fixed')).toBe('yes');
      expect(header('traceparent')).toMatch(sequence % 7 === 0 ? /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/ : /^$/);
    });
    expect(new Set(seen.map(({ header }) => header('traceparent'))).size).toBe(Math.ceil(1000 / 7) + 1);
  });

  it('come from a file beside others, in its order, again and again', async () => {
    const path = join(dir, 'lines.txt');
    writeFileSync(path, Array.from({ length: 30 }, (_, i) => `line ${i} ${'x'.repeat(i)}`).join('\n'));
    const file = { path, format: 'lines', repeat: true, records: 30, meanBytes: 20, spanNs: 0 } as const;
    const noise = { ...ORDERS[1]!, weight: 1, size: { minBytes: 32, maxBytes: 32 } };
    const seen = await publish(1000, { events: [made({ kind: 'file', file }), noise] });
    const lines = seen
      .filter(({ subject }) => subject.endsWith('Placed'))
      .map(({ payload }) => payload.toString());
    expect(lines.length).toBeGreaterThan(400);
    expect(lines.length).toBeLessThan(600);
    lines.forEach((line, i) => {
      expect(line).toBe(`line ${i % 30} ${'x'.repeat(i % 30)}`);
    });
    for (const { payload } of seen.filter(({ subject }) => subject.endsWith('Paid'))) {
      expect(payload).toHaveLength(32);
    }
  });

  it('are refused where the largest of them, headers included, is more than the server takes', async () => {
    await using server = await startTestServer();
    const text = `{{text 1000000}}${'x'.repeat(48_536)}`;
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(1, 1),
      events: [{ ...made({ kind: 'template', text }), size: { minBytes: 1, maxBytes: 1024 * 1024 - 40 } }],
    });
    await expect(load.ready()).rejects.toThrow(
      /its largest message has 10486\d\d B, the server takes 1048576 B/,
    );
    await expect(load.finished()).rejects.toThrow();
  });
});
