import { expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { RecoveryWatch } from '../../src/engine/recovery-watch.js';

it('ends with the load, though nobody answers how much is before the consumers', async () => {
  let asked = 0;
  const watch = new RecoveryWatch({
    control: {
      backlog: () => {
        asked++;
        return new Promise<never>(() => {});
      },
    },
    steadyState: { look: async () => ({ steady: true, probes: [] }) },
    journal: { write: () => {} },
    hasStreams: true,
    isStorm: () => false,
  });
  const end = new AbortController();
  const running = watch.run(end.signal);
  expect(await waitFor(() => asked > 0, { timeoutMs: 30_000, everyMs: 5 })).toBe(true);
  end.abort(new Error('the load has ended'));
  await running;
  expect(watch.backlog).toEqual([]);
});

it('credits no storm with getting over what the one before it has left', async () => {
  let isStorm = true;
  let steady = false;
  let looks = 0;
  const told: string[] = [];
  const watch = new RecoveryWatch({
    control: { backlog: async () => 0 },
    steadyState: {
      look: async (onMissing) => {
        looks++;
        const missing = { probe: 'leader', holds: false, saw: 'none' };
        if (!steady) onMissing?.(missing);
        return { steady, probes: steady ? [] : [missing] };
      },
    },
    journal: { write: (_type, entry) => told.push(String(entry?.saw)) },
    hasStreams: false,
    isStorm: () => {
      // Between two storms nobody looks: what is steady meanwhile, nobody sees.
      if (looks === 1 && isStorm) isStorm = false;
      else if (looks === 1) [isStorm, steady] = [true, true];
      return isStorm;
    },
  });
  const end = new AbortController();
  const running = watch.run(end.signal);
  expect(await waitFor(() => looks > 2, { timeoutMs: 30_000, everyMs: 5 })).toBe(true);
  end.abort(new Error('the load has ended'));
  await running;
  expect(told).toEqual(['leader: none']);
});

it('takes no election for a recovery once the run reads back, which moves leaders itself', () => {
  const watch = new RecoveryWatch({
    control: { backlog: async () => 0 },
    steadyState: { look: async () => ({ steady: true, probes: [] }) },
    journal: { write: () => {} },
    hasStreams: true,
    isStorm: () => false,
  });
  watch.onEvent({ time: '', type: 'election' });
  watch.close();
  watch.onEvent({ time: '', type: 'election' });
  expect(watch.signs.map(({ what }) => what)).toEqual(['election']);
});
