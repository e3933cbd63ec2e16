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
  expect(await waitFor(() => asked > 0, { timeoutMs: 5_000, everyMs: 5 })).toBe(true);
  end.abort(new Error('the load has ended'));
  await running;
  expect(watch.backlog).toEqual([]);
}, 10_000);
