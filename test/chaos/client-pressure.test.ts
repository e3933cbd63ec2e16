import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { connectionStorm } from '../../src/chaos/connection-storm.js';
import { poisonEvents } from '../../src/chaos/poison-events.js';
import { POISON_FORMS } from '../../src/chaos/pressure/poison-forms.js';
import { publishStorm } from '../../src/chaos/publish-storm.js';
import { slowConsumer } from '../../src/chaos/slow-consumer.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import type { FaultKind } from '../../src/contracts/fault.js';
import type { Machine } from '../../src/contracts/machine.js';
import { readConnz, readVarz } from '../../src/nats/endpoints.js';
import type { ParameterSchema } from '../../src/scenario/plugins.js';
import { WireConnection } from '../../src/wire/connection.js';
import { clusterUnderPressure } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';
import { runWithHelper } from '../support/run-with-helper.js';

// Whoever gets in here, where TLS is spoken and a password asked for, gets in everywhere.
const place = clusterUnderPressure({
  nodes: 2,
  jetstream: false,
  tls: true,
  auth: 'user',
  config: { write_deadline: '1s', max_payload: 65_536 },
});
let pressed: FaultUnderTest;
let faults = 0;
afterEach(async () => {
  await pressed.undo();
});

function press(
  kind: FaultKind & { readonly schema: ParameterSchema },
  params: Record<string, unknown>,
  targets = ['n1', 'n2'],
): FaultUnderTest {
  // Servers remember connections that were closed, by the fault's name among others.
  pressed = new FaultUnderTest(place.scene, kind, kind.schema.parse(params), targets, {
    id: `fault-${++faults}`,
  });
  return pressed;
}

const helper = async (): Promise<ProcessIdentity> =>
  (
    await place.scene.machine.findHelpers(place.test.runId, `--fault=${pressed.context.id}`)
  )[0] as ProcessIdentity;

const sights = (evidence: { looks: readonly { at: string; saw: string }[] }): string =>
  evidence.looks.map(({ at, saw }) => `${at}: ${saw}`).join('\n');

/** Takes hold, does not show once its process is gone, and is gone when undone. */
async function takesHoldAndIsUndone(fault: FaultUnderTest): Promise<string> {
  await fault.inject();
  const during = await fault.observe('during');
  expect(during.holds, sights(during)).toBe(true);
  expect(await fault.fault.observe(fault.context, 'after')).toMatchObject({ holds: false });
  const { pid } = await helper();
  for (const page of ['cmdline', 'environ']) {
    expect(readFileSync(`/proc/${pid}/${page}`, 'utf8')).not.toContain(place.cluster.access.password);
  }
  expect(await fault.undo()).toMatchObject([{ undone: true, detail: 'ended 1' }]);
  const after = await fault.observe('after');
  expect(after.holds, sights(after)).toBe(true);
  expect(await fault.fault.observe(fault.context, 'during')).toMatchObject({ holds: false });
  expect(await fault.undoByData()).toMatchObject([{ undone: true, detail: 'none was running' }]);
  return sights(during);
}

describe('connection-storm', () => {
  it('opens connections to every target and keeps them', async () => {
    const storm = press(connectionStorm, { connections: 40, rate: '400/s' });
    const saw = await takesHoldAndIsUndone(storm);
    expect(saw).toMatch(/n1 \/connz: \d+ connections of the fault are open/);
    expect(saw).toMatch(/n2 \/connz: \d+ connections of the fault are open/);
  });

  it('keeps no more than it was told to, and replaces what leaves', async () => {
    const storm = press(connectionStorm, { connections: 6, rate: '100/s', stay: '100ms' }, ['n1']);
    await storm.inject();
    const { monitorUrl = '' } = place.cluster.node('n1');
    const closed = await waitFor(
      async () => {
        const { connections } = await readConnz(monitorUrl, 0, 10_000, 'closed');
        return connections.filter(({ name = '' }) => name.startsWith('stormglass-fault')).length > 20;
      },
      { timeoutMs: 20_000 },
    );
    expect(closed).toBe(true);
    // The server may not know yet of one that left that it has left.
    const open = async () =>
      (await readConnz(monitorUrl, 0, 10_000, 'open')).connections.filter(({ name = '' }) =>
        name.startsWith('stormglass-fault'),
      ).length;
    await expect.poll(() => open().catch(() => undefined)).toBeLessThanOrEqual(6);
    expect(await storm.observe('during')).toMatchObject({ holds: true });
  });

  it('is undone by its record alone', async () => {
    const storm = press(connectionStorm, { connections: 10 });
    await storm.inject();
    await storm.observe('during');
    expect(await storm.undoByData()).toMatchObject([{ undone: true, detail: 'ended 1' }]);
    expect(await storm.observe('after')).toMatchObject({ holds: true });
  });

  it('asks for no more connections than a process may have files', async () => {
    const machine = { openFilesLimit: () => ({ soft: 1024, hard: 1024 }) } as unknown as Machine;
    expect(
      await connectionStorm.findLack(connectionStorm.schema.parse({ connections: 1000 }), machine),
    ).toEqual({
      what: '1000 connections of one process need 1100 open files, and it may have 1024',
      hint: 'Ask for fewer `connections`, or raise the limit: ulimit -n.',
    });
    expect(
      await connectionStorm.findLack(connectionStorm.schema.parse({ connections: 900 }), machine),
    ).toBeUndefined();
    expect(() => connectionStorm.schema.parse({ connections: '20k' })).toThrow('expected at most 10k');
    expect(() => connectionStorm.schema.parse({ rate: '1M/s' })).toThrow('up to 5k/s');
  });
});

describe('slow-consumer', () => {
  it('makes the server hold back what it sends, and cut its subscribers off', async () => {
    const writer = new WireConnection(
      { access: place.scene.cluster.access, name: 'writer' },
      { onMessage: () => {} },
    );
    await writer.connect();
    const payload = Buffer.alloc(16_384, 'x');
    const traffic = setInterval(() => {
      if (writer.connected && writer.pendingBytes === 0) writer.publish('cim.events.orders.Placed', payload);
    }, 5);
    try {
      const slow = press(slowConsumer, { subscribers: 2, copies: 20 });
      const { monitorUrl = '' } = place.cluster.node('n1');
      const before = (await readVarz(monitorUrl)).slow_consumers;
      await slow.inject();
      expect(await slow.observe('during')).toMatchObject({ holds: true });
      const cut = await waitFor(async () => (await readVarz(monitorUrl)).slow_consumers > before, {
        timeoutMs: 20_000,
      });
      expect(cut).toBe(true);
      const seen = async () => sights(await slow.observe('during'));
      await expect.poll(seen).toMatch(/has cut off [1-9]\d* as slow consumers/);
      // They come back for more.
      const again = await waitFor(
        async () =>
          (await readConnz(monitorUrl, 0, 10_000, 'open')).connections.some(({ name = '' }) =>
            name.startsWith(`stormglass-fault ${place.test.runId} ${slow.context.id} `),
          ),
        { timeoutMs: 20_000 },
      );
      expect(again).toBe(true);
      await slow.undo();
      expect(await slow.observe('after')).toMatchObject({ holds: true });
    } finally {
      clearInterval(traffic);
      await writer.close();
    }
  });

  it('has no effect where nothing is published', async () => {
    const idle = press(slowConsumer, { subject: 'nobody.publishes.this' });
    await idle.inject();
    const seen = async () => sights(await idle.observe('during', { timeoutMs: 500 }));
    await expect.poll(seen).toContain('holds back 0 B for 1 subscribers of the fault, and has cut off 0');
    expect(await idle.observe('during', { timeoutMs: 500 })).toMatchObject({ holds: false });
  });
});

describe('publish-storm', () => {
  it('publishes to every target at its rate, and no more than it was told to', async () => {
    const storm = press(publishStorm, { rate: '4k/s', messages: 500, size: '64B', connections: 3 });
    await storm.inject();
    const taken = await waitFor(
      async () => {
        const counts = await place.scene.control.publishedBy(
          `stormglass-fault ${place.test.runId} ${storm.context.id} `,
        );
        const [sum] = [[...counts.values()].reduce((all, count) => all + count, 0)];
        return sum >= 500 ? sum : undefined;
      },
      { timeoutMs: 20_000 },
    );
    expect(taken).toBe(500);
    const during = await storm.observe('during');
    expect(during.holds).toBe(true);
    await storm.undo();
    expect(await storm.observe('after')).toMatchObject({ holds: true });
  });

  it('goes as fast as the servers take it, to the subjects that it was told', async () => {
    const storm = press(publishStorm, { rate: 'max', subject: ['a.b', 'c'], messages: '100M', size: '16B' });
    expect(await takesHoldAndIsUndone(storm)).toMatch(
      /n1 \/connz: has taken [\d,]+ messages from 1 connections/,
    );
  });

  it('is refused by what is too large for the server, and for a disk', async () => {
    const storm = press(publishStorm, { size: '65537B', messages: 1 });
    await expect(storm.inject()).rejects.toThrow(
      'a message of 65537 bytes: the server takes 65536 at most (max_payload)',
    );
    for (const params of [
      { size: '1MiB', messages: '20k' },
      { rate: '10M/s' },
      { subject: 'cim.events.>' },
      { subject: '$JS.API.STREAM.DELETE.ORDERS' },
    ]) {
      expect(() => publishStorm.schema.parse(params), JSON.stringify(params)).toThrow();
    }
  });
});

describe('poison-events', () => {
  it('sends every form, and the servers take what is a message and end what is none', async () => {
    const poison = press(poisonEvents, { rate: '200/s' });
    const saw = await takesHoldAndIsUndone(poison);
    expect(saw).toMatch(
      /n1 \/connz: has taken [1-9]\d* poisoned messages, and ended [1-9]\d* connections of the fault for a message that is too large, [1-9]\d* for what is no protocol/,
    );
  });

  it.each(POISON_FORMS)('shows when it sends %s alone', async (form) => {
    const poison = press(poisonEvents, { forms: [form], rate: '100/s' }, ['n1']);
    await poison.inject();
    const during = await poison.observe('during');
    expect(during.holds, sights(during)).toBe(true);
    await poison.undo();
    expect(await poison.observe('after')).toMatchObject({ holds: true });
  });

  it('knows its forms', () => {
    expect(() => poisonEvents.schema.parse({ forms: ['not-jsn'] })).toThrow('expected one of not-json');
    expect(() => poisonEvents.schema.parse({ forms: [] })).toThrow('at least one form');
  });
});

describe('a pressure by clients', () => {
  it('is refused where nobody can see it', async () => {
    press(publishStorm, {});
    const blind = { ...pressed.context, targets: [{ ...place.cluster.node('n1'), monitorUrl: undefined }] };
    await expect(pressed.fault.prepare(blind as never)).rejects.toThrow(
      'the monitoring endpoint of n1 is not known',
    );
  });

  it('says why it is not let in', async () => {
    press(connectionStorm, {});
    const stranger = {
      ...pressed.context,
      cluster: { ...place.cluster, observerAccess: { ...place.cluster.observerAccess, password: 'wrong' } },
    };
    const flood = publishStorm.create(publishStorm.schema.parse({}));
    await expect(flood.inject(stranger as never)).rejects.toThrow(/Authorization Violation/);
  });

  it('leaves no connection when the run is killed', async () => {
    press(connectionStorm, {});
    const { host, clientPort, monitorUrl = '' } = place.cluster.node('n1');
    const task = {
      do: 'open-connections',
      access: { ...place.cluster.observerAccess, servers: [{ host, port: clientPort }] },
      connectionName: 'orphan ',
      connections: 20,
      perSec: 200,
      stayMs: 0,
    };
    const helper = { runId: place.test.runId, tag: '--fault=orphan', task } as const;
    await using run = await runWithHelper(place.program, helper);
    const orphans = async () =>
      (await readConnz(monitorUrl, 0, 10_000, 'open')).connections.filter(({ name = '' }) =>
        name.startsWith('orphan'),
      ).length;
    expect(await waitFor(async () => (await orphans()) === 20, { timeoutMs: 20_000 })).toBe(true);
    run.process.kill('SIGKILL');
    expect(await waitFor(async () => (await orphans()) === 0, { timeoutMs: 20_000 })).toBe(true);
    const helpers = () => place.scene.machine.findHelpers(place.test.runId, '--fault=orphan');
    await expect.poll(helpers).toEqual([]);
  });
});
