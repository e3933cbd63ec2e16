import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDuration, formatRatio, formatSize } from '../../src/base/units.js';
import { waitFor } from '../../src/base/wait.js';
import type { RunResult } from '../../src/contracts/run-result.js';
import { createHtmlReporter } from '../../src/reporters/report-html.js';
import { findChromium, WITHOUT_CHROMIUM } from '../support/chromium.js';
import { buildReportTemplate, type ReportTemplate } from '../support/report-template.js';
import { sampleRun } from '../support/sample-run.js';
import { inkOf } from './ink.js';

const executablePath = findChromium();
if (executablePath === undefined)
  process.stderr.write(`test/ui/report-page.test.ts is skipped: ${WITHOUT_CHROMIUM}\n`);

const SIZE = { seconds: 30, ordersPerSec: 300, firehosePerSec: 600 };
const missed = sampleRun({ ...SIZE, recoveryBoundSec: 2, lostEvents: 4 }).result;
const passed = sampleRun(SIZE).result;
/** Fewer pixels of a colour are no line. */
const A_LINE = 150;
/** Which of the charts, in their order on the page, shows latency by percentile where no check found anything. */
const PERCENTILES = 4;

/** The second load of a run as one that only listens, and hears nothing in one second. */
function heardNothingFor(second: number, result: RunResult): RunResult {
  const { timeline, loads } = result;
  const [orders, firehose] = timeline.loads;
  const rows = firehose!.rows.map((row, i) => ({ ...row, counters: { received: i === second ? 0 : 600 } }));
  const [first, heard] = loads;
  const counters = { ...heard!.total.counters, due: 0, sent: 0, ok: 0, received: 600 * 29, lost: 600 };
  return {
    ...result,
    timeline: { ...timeline, loads: [orders!, { ...firehose!, rows }] },
    loads: [first!, { ...heard!, total: { ...heard!.total, counters } }],
  };
}

describe.skipIf(executablePath === undefined)('report.html in a real browser', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-browser-'));
  let template: ReportTemplate;
  let browser: Browser;
  let failed: Opened;
  beforeAll(async () => {
    template = await buildReportTemplate();
    // Containers have no user namespaces for the browser's sandbox; the page is our own.
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
    failed = await open(missed);
  });
  afterAll(async () => {
    await browser?.close();
    template?.[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  interface Opened {
    readonly page: Page;
    /** What the browser asked for beside the file itself, and what it complained about. */
    readonly requests: string[];
    readonly complaints: string[];
  }

  async function open(result: RunResult): Promise<Opened> {
    await createHtmlReporter({ runDir: directory, templateFile: template.file }).onEnd?.(result);
    const url = pathToFileURL(join(directory, 'report.html')).href;
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => request.url() !== url && requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    await page.waitForSelector('#environment');
    return { page, requests, complaints };
  }

  const textOf = async (page: Page, selector: string): Promise<string> =>
    (await page.locator(selector).allTextContents()).join('\n');

  it('says the verdict, its code and every reason', async () => {
    expect(await failed.page.title()).toBe(`leader-loss: ${missed.verdict.headline}`);
    const verdict = await textOf(failed.page, '.verdict');
    expect(verdict).toContain('Safety violated exit code 5');
    for (const { text } of missed.verdict.reasons) expect(verdict).toContain(text);
  });

  it('loads nothing and complains about nothing', () => {
    expect(failed.requests).toEqual([]);
    expect(failed.complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'draws every chart with the colours of its loads: %s',
    async (colorScheme) => {
      await failed.page.emulateMedia({ colorScheme });
      const drawn = await waitFor(
        async () => {
          const charts = await inkOf(failed.page, ['series-1', 'series-2']);
          const [rate, latency, waiting, troubled, , percentiles] = charts;
          const ofOrders = [rate, latency, waiting, percentiles].every(
            (chart) => (chart?.['series-1'] ?? 0) > A_LINE,
          );
          const ofFirehose = [rate, latency].every((chart) => (chart?.['series-2'] ?? 0) > A_LINE);
          const ofTrouble = (troubled?.['series-1'] ?? 0) > A_LINE / 5;
          // The second load has nothing that acknowledges it.
          return ofOrders && ofFirehose && ofTrouble && percentiles?.['series-2'] === 0;
        },
        { timeoutMs: 30_000 },
      );
      expect(drawn).toBe(true);
    },
  );

  it('shows what the fault did, what the check found, each threshold, and how to run it again', async () => {
    const text = await textOf(failed.page, 'main');
    for (const { at, saw } of missed.faults[0]?.during?.looks ?? []) expect(text).toContain(`${at}: ${saw}`);
    expect(text).toContain(missed.checks[0]?.sentence);
    for (const example of missed.checks[0]?.examples ?? []) expect(text).toContain(example);
    for (const threshold of missed.thresholds) expect(text).toContain(threshold.text);
    expect(text).toContain('npx stormglass run scenarios/leader-loss.yaml --seed 42');
  });

  it('shows who used how much of the machine, what limited each load, and how well time was told', async () => {
    const { users, limits } = missed.resources;
    const cells = (row: string) =>
      failed.page.locator(`#resources tr:has(th:text-is("${row}")) td`).allTextContents();
    const server = users.find(({ name }) => name === 'n1')?.figures;
    expect(await cells('n1')).toEqual(
      expect.arrayContaining([
        formatRatio(server?.cpuShare?.max ?? 0),
        formatSize(server?.residentBytes?.max ?? 0),
        String(server?.openFiles?.max),
      ]),
    );
    const thread = users.find(({ name }) => name === 'firehose 1')?.figures;
    expect(await cells('firehose 1')).toEqual(
      expect.arrayContaining([
        formatRatio(thread?.cpuShare?.mean ?? 0),
        formatDuration(thread?.loopDelayMaxNs?.max ?? 0),
        formatDuration(thread?.gcMaxNs?.max ?? 0),
      ]),
    );
    const text = await textOf(failed.page, '#resources');
    for (const limit of limits) expect(text).toContain(limit.text);
    expect(text).toContain('a latency is off by at most 1.2 µs');
    // Nobody was asked for connections: a column of dashes would only be noise.
    expect(text).not.toContain('Clients');
    const words = await failed.page.locator('#resources [role=img]').first().getAttribute('aria-label');
    expect(words).toMatch(/^CPU: cores in use\. n1: at most 0\.\d+\./);
  });

  it('splits the latency of a load: due to acknowledged, sent to acknowledged, due to received, due to sent', async () => {
    const rows = failed.page.locator('#loads table').nth(1).locator('tbody tr');
    expect(await rows.locator('td:first-of-type').allTextContents()).toEqual([
      'Due to acknowledged',
      'Sent to acknowledged',
      'Due to sent',
      'Due to received',
      'Due to sent',
      'Due to received',
    ]);
  });

  it('can be read without seeing the charts: they have words, and tables have headings', async () => {
    const charts = await failed.page
      .locator('[role=img]')
      .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')));
    expect(charts.length).toBeGreaterThanOrEqual(5);
    expect(charts[0]).toMatch(/orders: between 0\/s and .*node-kill n2 from 0:09 to/);
    const tables = await failed.page.locator('table').count();
    expect(tables).toBeGreaterThanOrEqual(4);
    expect(
      await failed.page
        .locator('table:has(caption):has(thead th[scope=col]):has(tbody th[scope=row])')
        .count(),
    ).toBe(tables);
  });

  it('draws a second in which a load that only listens heard nothing as nothing heard, and tells what it lost', async () => {
    const { page } = await open(heardNothingFor(10, passed));
    const words = await page.locator('#time [role=img]').first().getAttribute('aria-label');
    expect(words).toMatch(/ firehose: between 0\/s and 600\/s done\./);
    const heading = page.locator('#loads table').first().locator('thead th').last();
    expect(await heading.textContent()).toBe('Lost');
    await page.close();
  });

  it.each([360, 768, 1600])('never scrolls sideways at a width of %i', async (width) => {
    await failed.page.setViewportSize({ width, height: 900 });
    const edge = () =>
      failed.page
        .locator('html, canvas:visible')
        .evaluateAll((all) =>
          Math.max(...all.map((each) => Math.max(each.getBoundingClientRect().left + each.scrollWidth))),
        );
    expect(await waitFor(async () => (await edge()) <= width, { timeoutMs: 30_000 })).toBe(true);
  });

  it('answers to its buttons and to the pointer', async () => {
    const { page } = await open(passed);
    expect(await textOf(page, '.verdict')).toBe(`Passed exit code 0held ${passed.safety?.sentence}`);

    const drawn = async () => {
      const ink = (await inkOf(page, ['series-2']))[0]?.['series-2'] ?? 0;
      return ink > A_LINE && ink;
    };
    const before = (await waitFor(drawn, { timeoutMs: 30_000 })) || 0;
    expect(before).toBeGreaterThan(A_LINE);
    await page.getByRole('button', { name: 'firehose done' }).click();
    const hidden = async () => ((await inkOf(page, ['series-2']))[0]?.['series-2'] ?? 0) < before / 4;
    expect(await waitFor(hidden, { timeoutMs: 30_000 })).toBe(true);

    await page.getByRole('button', { name: 'Due to received', exact: true }).click();
    const lag = async () => ((await inkOf(page, ['series-2']))[PERCENTILES]?.['series-2'] ?? 0) > A_LINE;
    expect(await waitFor(lag, { timeoutMs: 30_000 })).toBe(true);

    // One cursor for all charts over time: the rate's chart is pointed at, the latency's legend has values.
    await page.locator('.chart').first().hover();
    const values = async () => {
      const texts = await page.locator('#time .legend').allTextContents();
      return /\/s/.test(texts[0] ?? '') && /\d (ms|µs|s)/.test(texts[1] ?? '');
    };
    expect(await waitFor(values, { timeoutMs: 30_000 })).toBe(true);
    await page.close();
  });

  it('takes what a server or a scenario said as text, never as markup', async () => {
    const hostile = '</script><img src=x onerror="document.title=1"><b>bold</b>';
    const { page, requests, complaints } = await open({
      ...missed,
      plan: { ...missed.plan, name: hostile },
      notices: [{ load: 'orders', worker: 0, kind: 'server-error', text: hostile, atNs: 0, count: 1 }],
    });
    expect(await textOf(page, 'h1')).toBe(hostile);
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect([requests, complaints]).toEqual([[], []]);
    await page.close();
  });

  it('shows a run that ended before its load', async () => {
    const { page, complaints } = await open({
      ...passed,
      loadStartNs: 0,
      loadEndNs: 0,
      loads: [],
      faults: [],
      checks: [],
      thresholds: [],
      timeline: { rowNs: 1e9, loads: [] },
      servers: { restarted: [] },
      resources: { cores: 0, users: [], limits: [], rowNs: 1e9, timeline: [] },
      notices: [],
      verdict: {
        exit: 'interrupted',
        exitCode: 130,
        headline: 'interrupted by Ctrl-C',
        reasons: [],
        leftBehind: [],
      },
    });
    expect(await textOf(page, '.verdict')).toContain('interrupted by Ctrl-C');
    expect(await textOf(page, 'header')).toContain('no load');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
