import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { HandAnswer } from '../../src/contracts/hand.js';
import type { FaultPlan } from '../../src/contracts/plan/faults.js';
import type { FaultConductor } from '../../src/engine/fault-conductor.js';
import { HandWork } from '../../src/engine/hand-work.js';
import { Journal } from '../../src/engine/journal.js';
import { RunDoor } from '../../src/engine/run-door.js';

let directory = '';
let journal: Journal;
let door: RunDoor;
let path = '';

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-door-'));
  path = join(directory, 'run.sock');
  journal = new Journal(join(directory, 'journal.ndjson'));
  const hand = new HandWork({
    journal,
    run: { runId: 'r1', scenario: 's.yaml', runDir: directory, startedAt: '2026-01-01T00:00:00.000Z' },
    conductor: () => undefined,
    loadStartNs: () => 0,
    readFault: () => Promise.reject(new Error('nobody asks')),
    requireLock: async () => {},
  });
  door = await RunDoor.open(path, hand.answer);
});
afterEach(async () => {
  await door[Symbol.asyncDispose]();
  journal.close();
  rmSync(directory, { recursive: true });
});

/** Sends a text as it is, and returns the answers when the door has closed the line. */
function send(text: string): Promise<HandAnswer[]> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(path, () => socket.write(text));
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () =>
      resolve(
        heard
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as HandAnswer),
      ),
    );
  });
}

it('is for nobody but its owner', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('says how the run stands, in which phase it is', async () => {
  journal.write('phase', { phase: 'cluster-up', what: 'begin' });
  expect(await send('{"do":"status"}\n')).toMatchObject([
    { say: 'status', status: { runId: 'r1', phase: 'cluster-up', pid: process.pid, faults: [] } },
  ]);
});

it('makes and heals no fault before the load begins, and says why', async () => {
  for (const request of [
    '{"do":"inject","kind":"node-kill","who":"jane","params":{}}',
    '{"do":"heal","who":"jane"}',
  ]) {
    expect(await send(`${request}\n`)).toMatchObject([
      { say: 'error', exit: 'usage', text: 'run r1 is in phase starting: its load has not begun' },
    ]);
  }
});

it.each(['not JSON\n', '{"do":"dance"}\n', '{}\n'])('answers %j with an error, and goes on', async (text) => {
  expect(await send(text)).toMatchObject([{ say: 'error' }]);
  expect(await send('{"do":"status"}\n')).toMatchObject([{ say: 'status' }]);
});

it('hears no request that is longer than any is', async () => {
  const answers = await send(`{"do":"status","x":"${'x'.repeat(200_000)}"}\n`).catch(() => []);
  expect(answers).toEqual([]);
  expect(await send('{"do":"status"}\n')).toMatchObject([{ say: 'status' }]);
});

it('goes on when who asked has gone before the answer', async () => {
  const held: (() => void)[] = [];
  const other = join(directory, 'other.sock');
  const slow = await RunDoor.open(other, async (_, say) => {
    await new Promise<void>((resolve) => held.push(resolve));
    for (let i = 0; i < 3; i++) say({ say: 'accepted', fault: `hand-${i}` });
  });
  // From another process: only so is the end of the line still unread when the answer is written.
  const asker = spawn(process.execPath, [
    '-e',
    `const s = require('node:net').connect(${JSON.stringify(other)}, () => s.write('{"do":"status"}\\n'))`,
  ]);
  try {
    await waitFor(() => held.length > 0, { timeoutMs: 20_000, everyMs: 5 });
  } finally {
    asker.kill('SIGKILL');
  }
  while (readFileSync(`/proc/${asker.pid}/stat`, 'latin1').split(') ')[1]?.startsWith('Z') !== true);
  held[0]?.();
  await new Promise((resolve) => asker.once('close', resolve));
  expect(await send('{"do":"status"}\n')).toMatchObject([{ say: 'status' }]);
  await slow[Symbol.asyncDispose]();
  expect(existsSync(other)).toBe(false);
});

it('takes no lock for a fault whose load has ended while it was read', async () => {
  let conductor: { nextHandId(): string } | undefined = { nextHandId: () => 'hand-1' };
  let locks = 0;
  const hand = new HandWork({
    journal,
    run: { runId: 'r1', scenario: 's.yaml', runDir: directory, startedAt: '2026-01-01T00:00:00.000Z' },
    conductor: () => conductor as FaultConductor | undefined,
    loadStartNs: () => 1,
    readFault: async () => {
      conductor = undefined;
      return {} as FaultPlan;
    },
    requireLock: async () => {
      locks++;
    },
  });
  const request = {
    do: 'inject',
    kind: 'node-kill',
    who: 'jane',
    params: {},
    allowsQuorumLoss: false,
  } as const;
  await expect(hand.answer(request, () => {})).rejects.toThrow('its load has ended');
  expect(locks).toBe(0);
});
