import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../../src/base/clock.js';
import {
  GARBAGE,
  type PayloadForm,
  POISON_FORMS,
  POISON_PAYLOADS,
} from '../../../src/chaos/pressure/poison-forms.js';
import { ackedLoss } from '../../../src/checkers/acked-loss.js';
import { Arrivals } from '../../../src/generators/subscribe/arrivals.js';
import { LoadRecorder } from '../../../src/metrics/load-recorder.js';
import { PhaseClock } from '../../../src/metrics/phase-clock.js';
import { EventCounter } from '../../../src/monitor/event-counter.js';
import { connectControl } from '../../../src/nats/connect.js';
import { readStream } from '../../../src/nats/stream-reader.js';
import { messageSink } from '../../../src/wire/message-sink.js';
import { WireParser } from '../../../src/wire/parser.js';
import { STAMP_BYTES, writeStamp } from '../../../src/wire/stamp.js';
import { madeHistory, madeRead, madeWriter } from '../../checkers/made-history.js';
import { PATIENT_CLIENT } from '../../support/answered.js';
import { startTestServer } from '../../support/nats-server.js';

const PAYLOADS = Object.values(POISON_PAYLOADS).flat();
const SUBJECT = 'cim.events.orders.Placed';

/** As a server sends it to a subscriber. */
const delivered = (payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`MSG ${SUBJECT} 1 ${payload.length}\r\n`), payload, Buffer.from('\r\n')]);

function stamped(writer: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(STAMP_BYTES);
  writeStamp(bytes, 0, writer, sequence, Math.floor(nowNs() / NS.us));
  return bytes;
}

describe('poison', () => {
  it('has payloads in every form but those that are none', () => {
    const forms = POISON_FORMS.filter((form) => form !== 'oversized' && form !== 'garbage');
    expect(Object.keys(POISON_PAYLOADS)).toEqual(forms);
    for (const form of forms) expect(POISON_PAYLOADS[form as PayloadForm].length).toBeGreaterThan(0);
    expect(GARBAGE.length).toBeGreaterThan(0);
  });

  it('is counted by the monitor as messages, and changes no count of a load', () => {
    const counter = new EventCounter({
      plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 },
      writers: [{ writer: 0, load: 'orders', warmUpEndNs: 0 }],
    });
    const parser = new WireParser(messageSink((view) => counter.onMessage(view)));
    counter.onReadStart();
    parser.push(delivered(stamped(0, 0)));
    for (const payload of PAYLOADS) parser.push(delivered(payload));
    parser.push(delivered(stamped(0, 1)));
    counter.loads.tick();
    counter.loads.tick();

    const series = counter.series.types.indexOf('Placed');
    expect(counter.figures.messages(series)).toBe(PAYLOADS.length + 2);
    expect(counter.errors.total('malformed-batch')).toBe(POISON_PAYLOADS['broken-batch'].length);
    const orders = counter.loads.figures().find(({ load }) => load === 'orders');
    expect(orders).toMatchObject({ load: 'orders', received: 2, duplicates: 0, lost: 0 });
  });

  it('is received by a subscriber, which takes nothing of it for lost, twice or late', () => {
    const arrivals = new Arrivals(1, [0], true);
    const recorder = new LoadRecorder({
      load: 'listener',
      worker: 0,
      phaseClock: PhaseClock.create(),
      overdueNs: Number.POSITIVE_INFINITY,
      startNs: nowNs(),
      warmUpEndNs: 0,
    });
    arrivals.begin(recorder);
    const atNs = nowNs();
    const parser = new WireParser(messageSink((view) => arrivals.add(view, 0, atNs, atNs)));
    parser.push(delivered(stamped(0, 0)));
    for (const payload of PAYLOADS) parser.push(delivered(payload));
    parser.push(delivered(stamped(0, 1)));

    const [report] = [recorder.take(nowNs(), 0)].flat();
    const [phase] = report?.phases ?? [];
    expect(phase?.counters).toMatchObject({ received: PAYLOADS.length + 2 });
    expect(phase?.counters.lost ?? 0).toBe(0);
    expect(phase?.counters.duplicates ?? 0).toBe(0);
  });

  it('is told from our events when a stream is read back, and no loss is made of it', async () => {
    await using server = await startTestServer({ jetstream: true });
    const nc = await connectControl(server.access, { name: 'test' });
    try {
      const { jetstreamManager } = await import('@nats-io/jetstream');
      const jsm = await jetstreamManager(nc, PATIENT_CLIENT);
      await jsm.streams.add({ name: 'ORDERS', subjects: ['cim.events.>'] });
      nc.publish(SUBJECT, stamped(0, 0));
      for (const payload of PAYLOADS) nc.publish(SUBJECT, payload);
      nc.publish(SUBJECT, stamped(0, 1));
      await nc.flush();
    } finally {
      await nc.close();
    }
    const rows: [number, number, number][] = [];
    const end = await readStream({
      access: server.access,
      stream: 'ORDERS',
      fromSequence: 1,
      throughSequence: PAYLOADS.length + 2,
      timeoutMs: 20_000,
      onMessage: (writer, sequence, streamSequence) => rows.push([writer, sequence, streamSequence]),
    });
    // The one whole stamp of nobody.
    const whole = rows.filter(([writer]) => writer === 0xffff);
    expect(rows.filter(([writer]) => writer === 0)).toEqual([
      [0, 0, 1],
      [0, 1, PAYLOADS.length + 2],
    ]);
    expect({ whole: whole.length, complete: end.complete, foreign: end.foreign }).toEqual({
      whole: 1,
      complete: true,
      foreign: PAYLOADS.length - 1,
    });

    const read = madeRead(
      'ORDERS',
      rows.map(([writer, sequence, streamSequence]) => ({ writer, sequence, streamSequence })),
      { foreign: end.foreign, throughSequence: PAYLOADS.length + 2 },
    );
    const writer = madeWriter(
      0,
      [1, PAYLOADS.length + 2].map((streamSequence, sequence) => ({
        sequence,
        outcome: 'ok' as const,
        streamSequence,
      })),
      { subjects: [SUBJECT] },
    );
    const { verdict, counts } = ackedLoss.check(
      madeHistory([writer], [read], { streamOf: () => 'ORDERS' }),
      {},
    );
    expect({ verdict, ...counts }).toMatchObject({
      verdict: 'pass',
      acknowledged: 2,
      lost: 0,
      read: 2,
    });
  });
});
