import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatInteger } from '../../src/base/units.js';
import { waitFor } from '../../src/base/wait.js';
import type { CheckResult } from '../../src/contracts/checker.js';
import type { RunResult } from '../../src/contracts/run-result.js';
import { safetyVerdict } from '../../src/engine/safety-sentence.js';
import { createHtmlReporter } from '../../src/reporters/report-html.js';
import { findChromium, WITHOUT_CHROMIUM } from '../support/chromium.js';
import { buildReportTemplate, type ReportTemplate } from '../support/report-template.js';
import { sampleRun } from '../support/sample-run.js';
import { inkOf } from './ink.js';

const executablePath = findChromium();
if (executablePath === undefined)
  process.stderr.write(`test/ui/safety-part.test.ts is skipped: ${WITHOUT_CHROMIUM}\n`);

const CHECKS: readonly CheckResult[] = [
  {
    name: 'acked-loss',
    verdict: 'fail',
    sentence: '14 of 2,000 acknowledged events lost',
    counts: { acknowledged: 2_000, lost: 14 },
    sets: [
      { name: 'evicted', meaning: 'allowed', count: 1_500, overTime: [[0, 1_500]] },
      {
        name: 'lost',
        meaning: 'violation',
        count: 14,
        overTime: [
          [7, 4],
          [8, 9],
          [19, 1],
        ],
      },
      { name: 'never found', meaning: 'doubt', count: 0, overTime: [] },
    ],
    examples: Array.from({ length: 12 }, (_, i) => `the story of event ${i}`),
  },
  {
    name: 'divergence',
    verdict: 'unknown',
    sentence: 'n3 could not be read',
    counts: {},
    sets: [{ name: 'missing on n3', meaning: 'doubt', count: 9, overTime: [[24, 9]] }],
    examples: ['a story of its own'],
  },
];

/** The fault of the sample holds from 0:06 to 0:11. */
const sample = sampleRun({ seconds: 20, ordersPerSec: 100, firehosePerSec: 100 }).result;
const [read] = sample.reads;
const judged: RunResult = {
  ...sample,
  checks: CHECKS,
  safety: safetyVerdict(CHECKS, sample.faults)!,
  reads: [read!, { ...read!, node: 'n3', count: 7, complete: false, gaveUp: 'n3 did not answer' }],
};

describe.skipIf(executablePath === undefined)('safety in report.html', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-browser-'));
  let template: ReportTemplate;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    template = await buildReportTemplate();
    // Containers have no user namespaces for the browser's sandbox; the page is our own.
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
    page = await open(judged);
  });
  afterAll(async () => {
    await browser?.close();
    template?.[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  async function open(result: RunResult): Promise<Page> {
    await createHtmlReporter({ runDir: directory, templateFile: template.file }).onEnd?.(result);
    const opened = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
    await opened.goto(pathToFileURL(join(directory, 'report.html')).href);
    await opened.waitForSelector('#environment');
    return opened;
  }

  it('says the one sentence, at the top and above the checks, and what was tested', async () => {
    const sentences = await page.locator('.safety').allTextContents();
    expect(sentences).toEqual([0, 1].map(() => `failed ${judged.safety?.sentence}`));
    expect(await page.locator('#checks .note').textContent()).toMatch(
      /^Tested in this run: process crash\. Not tested: power loss, partition, pause, /,
    );
  });

  it('gives each check its verdict and its sets with counts, those that are empty left out', async () => {
    const checks = page.locator('.check');
    expect(await checks.locator('.mark').allTextContents()).toEqual(['failed', 'unknown']);
    expect(await checks.nth(0).locator('.sets li').allTextContents()).toEqual([
      '1,500 evicted allowed',
      '14 lost violation',
    ]);
    expect(await checks.nth(1).locator('.sets li').allTextContents()).toEqual(['9 missing on n3 in doubt']);
  });

  it('shows a few examples, and folds the others away until somebody asks', async () => {
    const [first, second] = [page.locator('.check').nth(0), page.locator('.check').nth(1)];
    expect(await first.locator('li:visible', { hasText: 'the story of event' }).count()).toBe(3);
    await first.getByText('9 more examples of acked-loss').click();
    expect(await first.locator('li:visible', { hasText: 'the story of event' }).count()).toBe(12);
    expect(await second.locator('details').count()).toBe(0);
  });

  it('puts what was found on the timeline, a lane a set, as high as the most serious is first', async () => {
    const lanes = page.locator('#time [role=img]').last();
    expect(await lanes.getAttribute('aria-label')).toBe(
      'What the checks found over time. lost (violation), acked-loss: 14, from 0:07 to 0:19. ' +
        'missing on n3 (in doubt), divergence: 9, at 0:24. evicted (allowed), acked-loss: 1,500, at 0:00. A table follows.',
    );
    const drawn = async () => {
      const charts = await inkOf(page, ['fail', 'open', 'muted']);
      // The charts over time, then the one of percentiles and those of resources.
      const ink = charts.find(({ fail = 0 }) => fail > 0);
      return ink !== undefined && (ink.open ?? 0) > 50 && (ink.muted ?? 0) > 50;
    };
    expect(await waitFor(drawn, { timeoutMs: 30_000 })).toBe(true);
  });

  it('has the same second by second in a table, with the fault that held', async () => {
    await page.getByText('What the checks found, as a table').click();
    const rows = page.locator('#time tbody tr');
    const texts = await rows.evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent)),
    );
    expect(texts).toEqual([
      ['0:00', 'acked-loss', 'evicted', 'allowed', '1,500', '–'],
      ['0:07', 'acked-loss', 'lost', 'violation', '4', 'node-kill n2'],
      ['0:08', 'acked-loss', 'lost', 'violation', '9', 'node-kill n2'],
      ['0:19', 'acked-loss', 'lost', 'violation', '1', '–'],
      ['0:24', 'divergence', 'missing on n3', 'in doubt', '9', '–'],
    ]);
  });

  it('tells at the cursor what was found in that second', async () => {
    const chart = page.locator('#time .chart').last();
    const over = chart.locator('.u-over');
    const { width, height } = (await over.boundingBox())!;
    // The axis goes to the last thing that was found, at the end of 0:24.
    await over.hover({ position: { x: (8.5 / 25) * width, y: height / 2 } });
    const text = () => page.locator('#time figure').last().locator('.legend').textContent();
    expect(await waitFor(async () => (await text()) === '0:08  9 lost', { timeoutMs: 30_000 })).toBe(true);
    await over.hover({ position: { x: (15.5 / 25) * width, y: height / 2 } });
    expect(await waitFor(async () => (await text()) === '', { timeoutMs: 30_000 })).toBe(true);
  });

  it('says what was read of each stream and of each store, and why not all', async () => {
    const rows = await page
      .locator('.reads tbody tr')
      .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
    expect(rows).toEqual([
      ['ORDERS', formatInteger(read!.count), '0', 'yes'],
      ['the store of n3', '7', '0', 'non3 did not answer'],
    ]);
  });

  it('has no lanes where nothing was found, and no safety where nothing was checked', async () => {
    const calm = await open(sample);
    expect(await calm.getByText('What the checks found').count()).toBe(0);
    await calm.close();
    const { safety: _, ...unchecked } = sample;
    const none = await open({ ...unchecked, checks: [], reads: [] });
    expect(await none.locator('.safety, #checks').count()).toBe(0);
    await none.close();
  });
});
