import { AckPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { ConsumerDescriptions, StreamDescription, SystemControl } from '../../src/contracts/control.js';
import { ConsumerWatch } from '../../src/engine/consumer-watch.js';
import { StreamWatch } from '../../src/engine/stream-watch.js';
import { openControl } from '../../src/nats/control.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';

let server: TestServer;
let control: SystemControl;
let nc: NatsConnection;
let jsm: JetStreamManager;

beforeAll(async () => {
  server = await startTestServer({ jetstream: true, config: { server_name: 'solo' } });
  control = await openControl({
    access: server.access,
    nodes: [{ name: 'n1', serverName: 'solo', monitorUrl: server.monitorUrl }],
  });
  nc = await connect({ port: server.port });
  jsm = await jetstreamManager(nc, PATIENT_CLIENT);
});
afterAll(async () => {
  await nc?.close();
  await control?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const addStream = (name: string) =>
  jsm.streams.add({
    name,
    subjects: [`${name}.>`],
    storage: 'memory',
    max_age: 3600 * NS.s,
    max_msgs: 1000,
  } as never);
const publish = (subject: string) => jetstream(nc, PATIENT_CLIENT).publish(subject, 'x');

describe('the watch over streams', () => {
  it('knows a stream as the server has it, and where the run’s part of it begins', async () => {
    await addStream('KNOWN');
    await publish('KNOWN.a');
    await publish('KNOWN.b');
    const watch = new StreamWatch(control, ['KNOWN']);
    await watch.open();
    await publish('KNOWN.a');
    const askedNs = nowNs();
    await watch.look();
    const [facts] = watch.facts;
    expect(facts).toMatchObject({ stream: 'KNOWN', fromSequence: 3 });
    // The server fills in what nobody said; its durations are nanoseconds.
    expect(facts?.config).toMatchObject({
      max_age: 3600e9,
      max_msgs: 1000,
      duplicate_window: 120e9,
      discard: 'old',
      retention: 'limits',
    });
    const [before, after] = facts?.looks ?? [];
    expect(before).toMatchObject({ exists: true, lastSequence: 2, messages: 2, leader: 'n1' });
    expect(after).toMatchObject({ exists: true, firstSequence: 1, lastSequence: 3, messages: 3 });
    expect(after?.bytes).toBeGreaterThan(before?.bytes ?? 0);
    expect(after?.atNs).toBeGreaterThanOrEqual(askedNs);
    expect(Number.isNaN(Date.parse(after?.created ?? ''))).toBe(false);
  });

  it('sees a stream vanish, and come back as another one', async () => {
    await addStream('VANISHING');
    const watch = new StreamWatch(control, ['VANISHING']);
    await watch.open();
    watch.start();
    await jsm.streams.delete('VANISHING');
    await waitFor(() => watch.facts[0]?.looks.at(-1)?.exists === false, { timeoutMs: 30_000 });
    await addStream('VANISHING');
    await watch.look();
    watch.stop();
    const looks = watch.facts[0]?.looks ?? [];
    expect(looks.some(({ exists }) => !exists)).toBe(true);
    expect(looks.at(-1)?.exists).toBe(true);
    expect(looks.at(-1)?.created).not.toBe(looks[0]?.created);
    expect([...looks].sort((a, b) => a.atNs - b.atNs)).toEqual(looks);
  });

  it('takes no look while nobody can say', async () => {
    await addStream('SILENT');
    const watch = new StreamWatch(
      {
        describeStream: async (stream) => {
          if (isAway) throw new Error('nobody answers');
          return await control.describeStream(stream);
        },
      },
      ['SILENT'],
    );
    let isAway = false;
    await watch.open();
    isAway = true;
    await watch.look();
    expect(watch.facts[0]?.looks).toHaveLength(1);
  });

  it('sees a last sequence fall and rise while one question is never answered, or too late', async () => {
    await addStream('FALLING');
    for (let i = 0; i < 3; i++) await publish('FALLING.a');
    let asked = 0;
    let answerLate = (_: StreamDescription): void => {};
    const late = new Promise<StreamDescription>((resolve) => {
      answerLate = resolve;
    });
    const watch = new StreamWatch(
      { describeStream: (stream) => (++asked === 2 ? late : control.describeStream(stream)) },
      ['FALLING'],
    );
    const lastSequences = () => watch.facts[0]?.looks.map(({ lastSequence }) => lastSequence) ?? [];
    await watch.open();
    const before = (await control.describeStream('FALLING')) as StreamDescription;
    watch.start();
    await jsm.streams.delete('FALLING');
    await addStream('FALLING');
    await waitFor(() => lastSequences().at(-1) === 0, { timeoutMs: 60_000 });
    answerLate(before);
    for (let i = 0; i < 5; i++) await publish('FALLING.a');
    await watch.look();
    watch.stop();
    const [before3, fallen, ...risen] = new Set(lastSequences());
    expect([before3, fallen, risen.at(-1)]).toEqual([3, 0, 5]);
    // It may have looked between two events.
    expect(risen).toEqual([...risen].sort());
    const looks = watch.facts[0]?.looks ?? [];
    expect([...looks].sort((a, b) => a.atNs - b.atNs)).toEqual(looks);
  });

  it('waits for and tells nothing after its end', async () => {
    await addStream('HANGING');
    const description = (await control.describeStream('HANGING')) as StreamDescription;
    const answers: ((description: StreamDescription) => void)[] = [];
    const watch = new StreamWatch(
      {
        describeStream: (stream) =>
          isAway ? new Promise((resolve) => answers.push(resolve)) : control.describeStream(stream),
      },
      ['HANGING'],
    );
    let isAway = false;
    await watch.open();
    isAway = true;
    watch.start();
    const look = watch.look();
    watch.stop();
    await look;
    expect(answers).toHaveLength(2);
    for (const answer of answers) answer(description);
    await watch.look();
    expect(watch.facts[0]?.looks).toHaveLength(1);
  });
});

describe('the watch over consumers', () => {
  it('follows what each was given and has acknowledged, and says when one is gone', async () => {
    await addStream('EATEN');
    for (let i = 0; i < 5; i++) await publish('EATEN.a');
    await jsm.consumers.add('EATEN', { durable_name: 'eater', ack_policy: AckPolicy.Explicit });
    await jsm.consumers.add('EATEN', { name: 'stormglass-read-1', ack_policy: AckPolicy.None });
    const watch = new ConsumerWatch(control, ['EATEN', 'NOWHERE']);
    await watch.look();
    const consumer = await jetstream(nc, PATIENT_CLIENT).consumers.get('EATEN', 'eater');
    for (let i = 0; i < 2; i++) await (await consumer.next())?.ackAck();
    await consumer.next();
    await watch.look();
    await jsm.consumers.delete('EATEN', 'eater');
    await watch.look();
    await watch.look();
    expect(watch.facts).toHaveLength(1);
    const [{ stream, consumer: name, config, looks }] = watch.facts as [(typeof watch.facts)[number]];
    expect({ stream, name }).toEqual({ stream: 'EATEN', name: 'eater' });
    expect(config).toMatchObject({ ack_policy: 'explicit', ack_wait: 30e9 });
    expect(looks.map(({ atNs, ...look }) => look)).toEqual([
      {
        exists: true,
        deliveredStreamSequence: 0,
        ackFloorStreamSequence: 0,
        ackPending: 0,
        pending: 5,
        redelivered: 0,
      },
      {
        exists: true,
        deliveredStreamSequence: 3,
        ackFloorStreamSequence: 2,
        ackPending: 1,
        pending: 2,
        redelivered: 0,
      },
      {
        exists: false,
        deliveredStreamSequence: 0,
        ackFloorStreamSequence: 0,
        ackPending: 0,
        pending: 0,
        redelivered: 0,
      },
    ]);
  });

  it('goes on looking while one question is never answered', async () => {
    await addStream('STUCK');
    await jsm.consumers.add('STUCK', { durable_name: 'eater', ack_policy: AckPolicy.Explicit });
    let asked = 0;
    const watch = new ConsumerWatch(
      {
        describeConsumers: (stream, known) =>
          ++asked === 1
            ? new Promise<ConsumerDescriptions>(() => {})
            : control.describeConsumers(stream, known),
      },
      ['STUCK'],
    );
    watch.start();
    const isSeen = await waitFor(() => watch.facts.length === 1, { timeoutMs: 9000 });
    watch.stop();
    expect(isSeen).toBe(true);
  });
});
