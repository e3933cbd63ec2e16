import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { AlertsResult, FiredAlert } from '../../src/contracts/alert.js';
import { createHtmlReporter } from '../../src/reporters/report-html.js';
import { findChromium, WITHOUT_CHROMIUM } from '../support/chromium.js';
import { buildReportTemplate, type ReportTemplate } from '../support/report-template.js';
import { sampleRun } from '../support/sample-run.js';
import { inkOf } from './ink.js';

const executablePath = findChromium();
if (executablePath === undefined)
  process.stderr.write(`test/ui/alert-timeline.test.ts is skipped: ${WITHOUT_CHROMIUM}\n`);

/** The fault of the sample holds from 0:06 to 0:11. */
const sample = sampleRun({ seconds: 20, ordersPerSec: 100, firehosePerSec: 100 }).result;

const firedAt = (
  alert: string,
  severity: string,
  fromSec: number,
  toSec?: number,
  labels: Readonly<Record<string, string>> = {},
): FiredAlert => ({
  alert,
  severity,
  labels: { severity, ...labels },
  firedNs: sample.loadStartNs + fromSec * 1e9,
  ...(toSec !== undefined && { resolvedNs: sample.loadStartNs + toSec * 1e9 }),
});

const alertsOf = (fired: readonly FiredAlert[], unlisted?: number): AlertsResult => ({
  factor: 20,
  only: false,
  times: { scrapeNs: 750e6, evaluationNs: 750e6, groupWaitNs: 1e9, groupIntervalNs: 3e9 },
  versions: { prometheus: '2.42.0', alertmanager: '0.25.0' },
  results: [],
  fired,
  ...(unlisted !== undefined && { unlisted }),
  unexpected: [],
});

const FIRED = [
  firedAt('StreamReplicaLag', 'ticket', 7, 12),
  firedAt('NatsNodeDown', 'page', 8, 13, { server: 'n2' }),
  firedAt('NatsNodeDown', 'page', 9, 12, { server: 'n3' }),
  firedAt('ElectionsMany', 'info', 9, 25),
  firedAt('MonitorBlind', 'page', 18),
];

describe.skipIf(executablePath === undefined)('alerts on the timeline of report.html', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-alert-timeline-'));
  let template: ReportTemplate;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    template = await buildReportTemplate();
    // Containers have no user namespaces for the browser's sandbox; the page is our own.
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
    page = await open(alertsOf(FIRED));
  });
  afterAll(async () => {
    await browser?.close();
    template?.[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  async function open(alerts: AlertsResult): Promise<Page> {
    await createHtmlReporter({ runDir: directory, templateFile: template.file }).onEnd?.({
      ...sample,
      alerts,
    });
    const opened = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
    await opened.goto(pathToFileURL(join(directory, 'report.html')).href);
    await opened.waitForSelector('#environment');
    return opened;
  }

  const lanesOf = (opened: Page) =>
    opened.locator('#time figure', { has: opened.locator('figcaption', { hasText: 'Alerts: from when' }) });

  const wordsOf = async (opened: Page): Promise<string> =>
    (await lanesOf(opened).locator('[role=img]').getAttribute('aria-label')) ?? '';

  it('stand in lanes, the most severe first, with their severity and times in words', async () => {
    expect(await wordsOf(page)).toBe(
      'Alerts over time. NatsNodeDown (page): 2 times, from 0:08 to 0:13. ' +
        'MonitorBlind (page): once, still at the end, from 0:18 to 0:25. ' +
        'StreamReplicaLag (ticket): once, from 0:07 to 0:12. ElectionsMany (info): once, from 0:09 to 0:25. ' +
        'A table is under Alerts.',
    );
  });

  it.each(['light', 'dark'] as const)(
    'have the colour of their severity beside it: %s',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      const drawn = async () => {
        const charts = await inkOf(page, ['fail', 'open', 'muted']);
        return charts.some(({ fail = 0, open = 0, muted = 0 }) => fail > 500 && open > 500 && muted > 500);
      };
      expect(await waitFor(drawn, { timeoutMs: 30_000 })).toBe(true);
    },
  );

  it('are named at the cursor, here as in any other chart over time', async () => {
    const { width, height } = (await lanesOf(page).locator('.u-over').boundingBox())!;
    const text = () => lanesOf(page).locator('.legend').textContent();
    // The axis goes to the last resolution, at 0:25.
    await lanesOf(page)
      .locator('.u-over')
      .hover({ position: { x: (10 / 25) * width, y: height / 2 } });
    const all = 'StreamReplicaLag, NatsNodeDown n2, NatsNodeDown n3, ElectionsMany';
    expect(await waitFor(async () => (await text())?.endsWith(all), { timeoutMs: 30_000 })).toBe(true);
    const rate = page.locator('#time .u-over').first();
    await rate.hover({ position: { x: (20 / 25) * width, y: 20 } });
    expect(
      await waitFor(async () => (await text())?.endsWith('ElectionsMany, MonitorBlind'), {
        timeoutMs: 30_000,
      }),
    ).toBe(true);
    await rate.hover({ position: { x: (2 / 25) * width, y: 20 } });
    expect(await waitFor(async () => (await text()) === '', { timeoutMs: 30_000 })).toBe(true);
  });

  it('are in a table with the faults that held meanwhile', async () => {
    const details = page.locator('#alerts details');
    await details.locator('summary').click();
    const rows = await details
      .locator('tbody tr')
      .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
    expect(rows[1]).toEqual(['NatsNodeDown', 'page', 'server n2', '0:08 to 0:13', 'node-kill n2']);
    expect(rows[4]).toEqual(['MonitorBlind', 'page', '', '0:18 to the end', '–']);
  });

  it('share the last lane where they are many, and say how many there are', async () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      firedAt(`Alert${i % 150}`, i % 150 < 9 ? 'page' : 'ticket', 2 + (i % 17), 3 + (i % 17)),
    );
    const crowded = await open(alertsOf(many, 12));
    const words = await wordsOf(crowded);
    expect(words.match(/\((page|ticket)\): 2 times/g)).toHaveLength(11);
    expect(words).toContain('139 more alerts (139 ticket): 278 times, from 0:02 to 0:19.');
    const box = await lanesOf(crowded).boundingBox();
    expect(box?.height).toBeLessThan(700);
    expect(await crowded.locator('#alerts summary').textContent()).toBe('The first 300 of 312 that fired');
    await crowded.close();
  });

  it('are said to be none where none fired, and nothing where none was expected', async () => {
    const calm = await open(alertsOf([]));
    expect(await lanesOf(calm).count()).toBe(0);
    expect(await calm.locator('#time').innerText()).toContain('No alert fired.');
    await calm.close();
  });
});
