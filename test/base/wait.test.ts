import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor, withDeadline } from '../../src/base/wait.js';
import { startStandstillServer } from '../support/standstill-server.js';

const forEver = () => new Promise<never>(() => {});
const standStill = (ms: number) => {
  for (const untilNs = nowNs() + ms * NS.ms; nowNs() < untilNs; );
};

describe('a deadline', () => {
  it('rejects what has not come, and says what', async () => {
    await expect(withDeadline(forEver(), 20, 'the answer')).rejects.toThrow(
      'the answer took longer than 20 ms',
    );
  });

  it('rejects what does not come after a standstill of our own either', async () => {
    const late = withDeadline(forEver(), 20, 'the answer');
    standStill(60);
    await expect(late).rejects.toThrow('the answer took longer than 20 ms');
  });

  it('reads what was answered before it tells that nobody did, after a standstill of our own', async () => {
    const answer = 'x'.repeat(50_000);
    await using server = await startStandstillServer(answer);
    const socket = connect(server);
    try {
      const answered = new Promise<string>((resolve) => {
        let heard = '';
        socket.on('data', (chunk) => {
          heard += chunk;
          if (heard.length === answer.length) resolve(heard);
        });
      });
      // Asked within the deadline, and answered before it is over: the standstill begins within it.
      const asking = withDeadline(answered, 2000, 'the answer');
      socket.write('ask');
      await server.standStill(2200);
      expect(await asking).toBe(answer);
    } finally {
      socket.destroy();
    }
  });

  it('gives the time again by which it came late: one answer may be the question for the next', async () => {
    const rounds = async () => {
      for (let round = 0; round < 20; round++) await new Promise((resolve) => setTimeout(resolve, 1));
      return 'all of them';
    };
    const asking = withDeadline(rounds(), 1000, 'the rounds');
    standStill(2000);
    expect(await asking).toBe('all of them');
  });
});

describe('waiting', () => {
  it('looks once more when the time was over before a look was', async () => {
    let looks = 0;
    const seen = await waitFor(
      async () => {
        looks++;
        standStill(30);
        return looks === 2;
      },
      { timeoutMs: 20, everyMs: 1 },
    );
    expect([seen, looks]).toEqual([true, 2]);
  });

  it('looks for the last time when all that had come by then was read', async () => {
    await using server = await startStandstillServer('here', { speaksFirst: true });
    const socket = connect(server);
    try {
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      const waiting = waitFor(() => heard, { timeoutMs: 2000, everyMs: 1 });
      await server.standStill(2200);
      expect(await waiting).toBe('here');
    } finally {
      socket.destroy();
    }
  });

  it('looks once where there is no time, and gives up', async () => {
    let looks = 0;
    await waitFor(() => ++looks === 0, { timeoutMs: 0 });
    expect(looks).toBe(1);
  });
});
