import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster, ProcessIdentity } from '../../src/contracts/cluster.js';
import type { SystemControl } from '../../src/contracts/control.js';
import type { JournalEvent } from '../../src/contracts/journal.js';
import { ClusterLock } from '../../src/engine/cluster-lock.js';
import { Journal } from '../../src/engine/journal.js';
import { Scope } from '../../src/engine/scope.js';
import { UndoDesk } from '../../src/engine/undo-desk.js';
import { openControl } from '../../src/nats/control.js';
import { identify } from '../../src/processes/identity.js';
import { AuditLog, userName } from '../../src/undo/audit-log.js';
import { UndoLog } from '../../src/undo/undo-log.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';

const self = identify(process.pid) as ProcessIdentity;

describe.each([
  ['with JetStream', true],
  ['without', false],
])('the lock of servers %s', (_, jetstream) => {
  let server: TestServer;
  let control: SystemControl;
  let directory = '';
  beforeAll(async () => {
    server = await startTestServer({ jetstream });
    control = await openControl({ access: server.access, nodes: [] });
  });
  afterAll(async () => {
    await control[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    if (directory !== '') rmSync(directory, { recursive: true });
    directory = mkdtempSync(join(tmpdir(), 'stormglass-lock-'));
  });

  /** A run's lock, with books of its own. */
  function lockOf(runId: string, process = self, through: Pick<SystemControl, 'takeLock'> = control) {
    const place = mkdtempSync(join(directory, `${runId}-`));
    const events: JournalEvent[] = [];
    const journal = new Journal(join(place, 'journal.ndjson'));
    journal.listen((event) => events.push(event));
    const log = new UndoLog(join(place, 'undo.ndjson'));
    const undo = new UndoDesk(log, new AuditLog(join(place, 'audit.ndjson'), runId, 'run'));
    undo.useCluster({ access: server.access, undoHandlers: {} } as unknown as Cluster);
    const scope = new Scope();
    const lock = new ClusterLock({
      ...{ runId, control: through, journal, undo, scope },
      stateDir: directory,
      self: process,
      servers: server.access.servers,
    });
    const release = async () => {
      expect(await scope.close()).toEqual([]);
      undo.close();
      journal.close();
    };
    return { lock, release, log, events };
  }

  it('is had by one run at a time, and by the next when that has ended', async () => {
    const first = lockOf('r1');
    await first.lock.take();
    await first.lock.take();
    const second = lockOf('r2');
    await expect(second.lock.take()).rejects.toMatchObject({
      exit: 'preflight',
      message: expect.stringContaining('another run is at this system'),
    });
    expect(second.log.outstanding()).toEqual([]);
    await first.release();
    expect(first.log.outstanding()).toEqual([]);
    await second.lock.take();
    await second.release();
  });

  it('is broken when the process that has it has died on this machine, and nothing of its run is left', async () => {
    const child: ChildProcess = spawn('sleep', ['60']);
    const dead = identify(child.pid as number) as ProcessIdentity;
    const first = lockOf('r3', dead);
    await first.lock.take();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const second = lockOf('r4');
    await second.lock.take();
    await second.release();
  });

  if (jetstream) {
    it('says who has it and since when, and what removes it', async () => {
      const first = lockOf('r5');
      await first.lock.take();
      const error = await lockOf('r6')
        .lock.take()
        .catch((thrown: unknown) => thrown as Error & { hint: string });
      expect(error?.message).toMatch(`run r5 of ${userName()} on ${hostname()}, since 2`);
      expect(error?.hint).toContain('stormglass recover');
      expect(error?.hint).toMatch(/nats --server 127\.0\.0\.1:\d+ stream rm -f STORMGLASS_LOCK/);
      await first.release();
      expect(await control.streamBounds('STORMGLASS_LOCK')).toBeUndefined();
    });

    it('does not stay behind when the answer to its making was lost', async () => {
      const { lock, release, events } = lockOf('r8', self, {
        takeLock: async (holder) => {
          await control.takeLock(holder);
          throw new Error('no answer in time');
        },
      });
      await lock.take();
      expect(events.at(-1)).toMatchObject({ text: expect.stringContaining('no answer in time') });
      await release();
      expect(await control.streamBounds('STORMGLASS_LOCK')).toBeUndefined();
    });

    it('is not taken by two who ask in the same instant', async () => {
      const locks = Array.from({ length: 8 }, (_, i) => lockOf(`race-${i}`));
      const taken = await Promise.allSettled(locks.map(({ lock }) => lock.take()));
      expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const { release } of locks) await release();
    });
  } else {
    it('is a file, and it is said that other machines do not see it', async () => {
      const { lock, release, events } = lockOf('r7');
      await lock.take();
      expect(events.at(-1)).toMatchObject({
        type: 'guard',
        text: expect.stringContaining('on this machine only'),
      });
      const locks = join(directory, 'locks');
      expect(readdirSync(locks)).toHaveLength(1);
      await release();
      expect(existsSync(locks) && readdirSync(locks)).toEqual([]);
    });
  }
});
