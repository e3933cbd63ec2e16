import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { JournalEvent, JournalEventType } from '../../src/contracts/journal.js';
import { createTerminalReporter, type TerminalReporter } from '../../src/reporters/terminal.js';
import { sampleRun } from '../support/sample-run.js';
import { tell } from './run-dir.js';
import { Screen } from './screen.js';

const run = sampleRun({ seconds: 20, ordersPerSec: 200, firehosePerSec: 400 });
const RUN_DIR = '/reports/leader-loss-1';

const event = (type: JournalEventType, details: Record<string, unknown> = {}): JournalEvent => ({
  time: '2026-11-22T09:54:00.000Z',
  type,
  ...details,
});
const begin = (phase: string): JournalEvent => event('phase', { phase, what: 'begin' });
const KILL = { fault: 'fault-1', kind: 'node-kill', targets: ['n2'] };

const opened: TerminalReporter[] = [];
afterEach(() => {
  for (const reporter of opened.splice(0)) reporter.stop();
});

function open(
  screen: Screen,
  manners: { color?: boolean; interactive: boolean; everyMs?: number },
): TerminalReporter {
  const reporter = createTerminalReporter({ stream: screen, color: false, ...manners });
  opened.push(reporter);
  return reporter;
}

const shown = (screen: Screen, text: string | RegExp): Promise<unknown> =>
  waitFor(
    () => screen.lines.some((line) => (typeof text === 'string' ? line.includes(text) : text.test(line))),
    {
      timeoutMs: 30_000,
      everyMs: 2,
    },
  );

describe('the live view', () => {
  it('shows the phase, each load against its target, the latency, what is pending and the faults that hold', async () => {
    const screen = new Screen();
    const reporter = open(screen, { interactive: true, everyMs: 2 });
    await tell(reporter, run, RUN_DIR);
    reporter.onEvent?.(begin('cluster-up'));
    reporter.onEvent?.(begin('load'));
    reporter.onEvent?.(event('fault-injected', KILL));
    expect(await shown(screen, 'node-kill n2 for 0:0')).toBe(true);
    const orders = screen.lines.find((line) => line.trimStart().startsWith('orders '));
    expect(orders).toMatch(/orders +200\/s +of 200\/s +p99 [\d.]+ ms +\d+ pending +\d+ unknown/);
    expect(screen.lines[1]).toMatch(/^leader-loss {2}load [\d:]+ of 0:20$/);
  });

  it('says of a load that a count ends how long it lasts at most', async () => {
    const screen = new Screen();
    const reporter = open(screen, { interactive: true, everyMs: 2 });
    const counted = { mode: 'max', durationNs: 600e9, count: 1000 } as const;
    const loads = run.plan.loads.map((load, i) => (i === 0 ? { ...load, schedule: counted } : load));
    await tell(reporter, { ...run, plan: { ...run.plan, loads } }, RUN_DIR);
    reporter.onEvent?.(begin('cluster-up'));
    reporter.onEvent?.(begin('load'));
    expect(await shown(screen, /^leader-loss {2}load [\d:]+ of 10:00 at most$/)).toBe(true);
  });

  it('is drawn again in place, and leaves every other line standing', async () => {
    const screen = new Screen();
    screen.write('a line from before\n');
    const reporter = open(screen, { interactive: true, everyMs: 2 });
    await tell(reporter, run, RUN_DIR);
    reporter.onEvent?.(begin('cluster-up'));
    await shown(screen, 'starting the cluster');
    for (let i = 0; i < 5; i++) {
      reporter.print(`line ${i}`);
      const drawn = screen.written.length;
      await waitFor(() => screen.written.length > drawn, { timeoutMs: 30_000, everyMs: 1 });
    }
    const lines = screen.lines;
    expect(lines.slice(0, 6)).toEqual([
      'a line from before',
      'line 0',
      'line 1',
      'line 2',
      'line 3',
      'line 4',
    ]);
    expect(lines.filter((line) => line.includes('starting the cluster'))).toHaveLength(1);
  });

  it('fits a narrow terminal without wrapping, and is gone when it stops', async () => {
    const screen = new Screen(32);
    const reporter = open(screen, { interactive: true, everyMs: 2 });
    await tell(reporter, run, RUN_DIR);
    reporter.onEvent?.(begin('cluster-up'));
    reporter.onEvent?.(begin('load'));
    await shown(screen, /^ {2}orders/);
    expect(screen.lines).toHaveLength(3);
    expect(screen.lines.every((line) => line.length < 32)).toBe(true);
    reporter.stop();
    expect(screen.lines).toEqual(['']);
  });

  it('prints what happens as lines where nothing can be drawn in place', async () => {
    const screen = new Screen(200);
    const reporter = open(screen, { interactive: false, everyMs: 2 });
    await tell(reporter, run, RUN_DIR);
    reporter.onEvent?.(begin('cluster-up'));
    reporter.onEvent?.(begin('load'));
    reporter.onEvent?.(event('fault-injected', { ...KILL, t: 6.1 }));
    const looks = [{ at: 'port 4223', saw: 'connection refused' }];
    reporter.onEvent?.(
      event('fault-observed', { fault: 'fault-1', stage: 'during', holds: true, looks, t: 6.3 }),
    );
    reporter.onEvent?.(event('fault-reverted', { ...KILL, holds: true, looks: [], t: 11 }));
    reporter.onEvent?.(event('election', { stream: 'ORDERS' }));
    expect(await shown(screen, / \| orders 200\/s of 200\/s p99 /)).toBe(true);
    expect(screen.lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ +0:\d\d {2}starting the cluster$/),
        expect.stringMatching(/^ +0:\d\d {2}node-kill n2: injected$/),
        expect.stringMatching(/^ +0:\d\d {2}fault-1: port 4223: connection refused$/),
        expect.stringMatching(/^ +0:\d\d {2}node-kill n2: reverted/),
      ]),
    );
    expect(screen.written).not.toContain('\x1b');
    expect(screen.written).not.toContain('ORDERS');
  });

  it('speaks of servers that are somebody else’s as such', async () => {
    const screen = new Screen(200);
    const reporter = open(screen, { interactive: false });
    const cluster = { ...run.plan.cluster, driver: 'external' } as const;
    await tell(reporter, { ...run, plan: { ...run.plan, cluster } }, RUN_DIR);
    for (const phase of ['cluster-up', 'load', 'cluster-closed']) reporter.onEvent?.(begin(phase));
    expect(screen.written).toMatch(/connecting to the servers\n.* load\n.* leaving the servers\n$/);
  });

  it('lets no text from a server move the cursor', async () => {
    const screen = new Screen();
    const reporter = open(screen, { interactive: false });
    await tell(reporter, run, RUN_DIR);
    reporter.onEvent?.(event('error', { detail: 'first\x1b[2J\x1b[1A\r\nsecond\x07' }));
    expect(screen.written).toMatch(/ error: first second\n$/);
  });
});

describe('the summary at the end', () => {
  async function summaryOf(
    options: Parameters<typeof sampleRun>[0],
    color = false,
    written = ['latency', 'report.html', 'summary.json'],
  ): Promise<Screen> {
    const screen = new Screen(160);
    const reporter = open(screen, { interactive: false, color });
    const sample = sampleRun({ seconds: 20, ordersPerSec: 200, firehosePerSec: 400, ...options });
    await tell(reporter, sample, RUN_DIR);
    await reporter.onEnd?.(sample.result, written);
    return screen;
  }

  it('says in fewer than twenty lines that it passed, and where the report is', async () => {
    const { lines } = await summaryOf({});
    expect(lines.length).toBeLessThan(20);
    expect(lines.slice(1, 3)).toEqual(['passed', 'exit code 0, leader-loss, 20 s of load, seed 42']);
    expect(lines.join('\n')).toContain('thresholds  4 of 4 held');
    expect(lines.join('\n')).toMatch(
      /safety +0 of 3,\d{3} acknowledged events lost; process-crash safe, partitions and power loss not tested\n/,
    );
    expect(lines.join('\n')).toMatch(/faults +node-kill n2 from 0:06, reverted; recovered in 2.58 s/);
    expect(lines.at(-1)).toContain(`${RUN_DIR}/report.html`);
  });

  it('points to no report that could not be written', async () => {
    const { lines } = await summaryOf({}, false, ['summary.json']);
    expect(lines.at(-1)).toContain(`${RUN_DIR}/summary.json`);
    expect(lines.join()).not.toContain('report.html');
    expect((await summaryOf({}, false, [])).lines.join()).not.toContain(RUN_DIR);
  });

  it('spells out what decided, and every threshold that was missed', async () => {
    const { lines } = await summaryOf({ recoveryBoundSec: 2, lostEvents: 3 });
    expect(lines[1]).toMatch(/^safety violated: acked-loss: 3 of 3,\d{3} acknowledged events lost\b/);
    expect(lines[2]).toMatch(/^exit code 5, /);
    expect(lines[3]).toBe('  also threshold: recovery_time max < 2s: max = 2.58 s');
    expect(lines.join('\n')).toContain('thresholds  3 of 4 held');
    expect(lines.join('\n')).toMatch(/missed {2}recovery_time max < 2s: max = 2.58 s/);
  });

  it('sets the figures of the loads in columns, with ≥ where operations had no answer', async () => {
    const { lines } = await summaryOf({});
    const head = lines.find((line) => line.includes('p99.9')) ?? '';
    const orders = lines.find((line) => line.startsWith('  orders')) ?? '';
    const firehose = lines.find((line) => line.startsWith('  firehose')) ?? '';
    for (const column of ['done', 'due', 'p50', 'p99.9', 'max', 'ok', 'unknown']) {
      const end = head.indexOf(column) + column.length;
      expect(`${orders} `.charAt(end), column).toBe(' ');
      expect(orders.charAt(end - 1), column).not.toBe(' ');
      expect(firehose.charAt(end - 1), column).not.toBe(' ');
    }
    expect(orders).toContain('≥ 5 s');
    expect(head).not.toContain('dropped');
  });

  it('has no table of loads where none began', async () => {
    const screen = new Screen(160);
    const reporter = open(screen, { interactive: false });
    await tell(reporter, { ...run, reports: [] }, RUN_DIR);
    await reporter.onEnd?.({ ...run.result, loads: [], loadStartNs: 0, loadEndNs: 0 }, []);
    expect(screen.written).not.toContain('p99.9');
    expect(screen.written).not.toContain('\n\n\n');
    expect(screen.written).toContain('no load');
  });

  it('has colour only where it is wanted', async () => {
    expect((await summaryOf({ lostEvents: 1 }, true)).written).toContain('\x1b[31m');
    expect((await summaryOf({ lostEvents: 1 }, false)).written).not.toContain('\x1b');
  });
});
