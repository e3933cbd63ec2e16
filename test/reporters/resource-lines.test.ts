import { describe, expect, it } from 'vitest';
import type { LoadNotice } from '../../src/contracts/load.js';
import { buildSummary } from '../../src/reporters/build-summary.js';
import { noticeRows, resourceRows } from '../../src/reporters/resource-lines.js';
import { createPaint } from '../../src/reporters/terminal-text.js';
import { sampleRun } from '../support/sample-run.js';

const { result } = sampleRun({ seconds: 10, ordersPerSec: 50, firehosePerSec: 50 });
const summary = buildSummary(result);
const paint = createPaint(false);

const notice = (more: Partial<LoadNotice>): LoadNotice => ({
  load: 'orders',
  worker: 0,
  kind: 'server-error',
  text: 'Permissions Violation',
  atNs: 0,
  count: 1,
  ...more,
});
const rowsOf = (notices: readonly LoadNotice[], slowConsumers = 0) =>
  noticeRows({ ...summary, notices, servers: { ...summary.servers, slowConsumers } }, paint);

describe('the line of resources', () => {
  it('says who used how much of a core and of the memory, and how well time was told', () => {
    const [use, clock] = resourceRows(summary, paint);
    expect(use?.[1]).toMatch(
      /^servers [\d.]+ % of a core, generators [\d.]+ %, monitor [\d.]+ %, 2 cores [\d.]+ % busy, .* memory: servers \d+ MiB, stormglass \d+ MiB$/,
    );
    expect(clock).toEqual(['clock', 'error at most 1.2 µs; timers of 1 ms come within 450 µs more (p99)']);
  });

  it('says which load the generator, not the system, limited', () => {
    const limits = [{ load: 'orders', by: 'generator', text: 'its thread never rested' }] as const;
    const rows = resourceRows({ ...summary, resources: { ...summary.resources, limits } }, paint);
    expect(rows[1]).toEqual(['', 'orders: its thread never rested']);
  });

  it('is absent where nothing was looked at', () => {
    expect(resourceRows({ ...summary, resources: { cores: 0, users: [], limits: [] } }, paint)).toEqual([]);
  });
});

describe('the lines of notices', () => {
  it('count each kind by load, with its first text, over all workers', () => {
    expect(
      rowsOf([
        notice({ count: 3 }),
        notice({ worker: 1, count: 2, text: 'another' }),
        notice({ kind: 'disconnected', text: 'read ECONNRESET' }),
        notice({ load: 'fleet', text: 'no' }),
      ]),
    ).toEqual([
      [
        'notices',
        'orders: server-error 5 times on 2 workers (Permissions Violation), disconnected (read ECONNRESET)',
      ],
      ['', 'fleet: server-error (no)'],
    ]);
  });

  it('begin with the consumers that the servers cut off, as far as they are not the run’s own', () => {
    const own = notice({ kind: 'slow-consumer', text: 'cut off by n1' });
    expect(rowsOf([own], 3)).toEqual([
      ['notices', 'servers: slow-consumer counted 3 times, which may be twice for one'],
      ['', 'orders: slow-consumer (cut off by n1)'],
    ]);
    expect(rowsOf([own], 2)).toEqual([['notices', 'orders: slow-consumer (cut off by n1)']]);
  });

  it('say how many loads there are beyond those that are shown', () => {
    const many = Array.from({ length: 9 }, (_, i) => notice({ load: `load-${i}` }));
    expect(rowsOf(many).at(-1)).toEqual(['', 'and of 5 more loads']);
  });
});
