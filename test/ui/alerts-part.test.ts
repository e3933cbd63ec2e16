import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import type { AlertsResult } from '../../src/contracts/alert.js';
import { createHtmlReporter } from '../../src/reporters/report-html.js';
import { summaryLines } from '../../src/reporters/terminal-summary.js';
import { findChromium, WITHOUT_CHROMIUM } from '../support/chromium.js';
import { buildReportTemplate } from '../support/report-template.js';
import { sampleRun } from '../support/sample-run.js';

const executablePath = findChromium();
if (executablePath === undefined)
  process.stderr.write(`test/ui/alerts-part.test.ts is skipped: ${WITHOUT_CHROMIUM}\n`);

const sample = sampleRun({ seconds: 20, ordersPerSec: 100, firehosePerSec: 100 }).result;
const [fault] = sample.faults;
const labels = { server: '<b>n2</b>', severity: 'page' };
const expectation = {
  alert: 'NatsNodeDown',
  labels: {},
  after: fault!.id,
  withinNs: 20e9,
  resolvesWithinNs: 30e9,
};
const ALERTS: AlertsResult = {
  factor: 20,
  only: true,
  times: { scrapeNs: 750e6, evaluationNs: 750e6, groupWaitNs: 1e9, groupIntervalNs: 3e9 },
  versions: { prometheus: '2.42.0', alertmanager: '0.25.0' },
  results: [
    {
      expectation,
      verdict: 'met',
      detail: 'as it should be',
      detectedAfterNs: 4.2e9,
      notifiedAfterNs: 5.1e9,
      resolvedAfterNs: 0,
      receiver: 'page',
      labels,
    },
    {
      expectation: { ...expectation, alert: 'StreamReplicaLag' },
      verdict: 'met',
      detail: 'as it should be',
      detectedAfterNs: 3e9,
      notifiedAfterNs: 4e9,
      resolvedAfterNs: 2e9,
      awayNs: 1.5e9,
      receiver: 'ticket',
    },
    {
      expectation: { ...expectation, alert: 'MonitorDown' },
      verdict: 'missed',
      detail: 'did not fire within 20 s',
    },
  ],
  fired: [{ alert: 'NatsNodeDown', severity: 'page', labels, firedNs: sample.loadStartNs + 10e9 }],
  unexpected: ['MonitorBlind fired at 12.0 s, and still did at the end'],
};
const run = { ...sample, alerts: ALERTS };

it('is told in the terminal with the factor beside the times', () => {
  const lines = summaryLines(run, undefined, (_, text) => text).map((line) =>
    line.trim().replace(/ {2,}/g, ' '),
  );
  const from = lines.findIndex((line) => line.startsWith('alerts '));
  expect(lines.slice(from, from + 4)).toEqual([
    `alerts met NatsNodeDown after ${fault?.kind}: fired after 4.2 s, page told after 5.1 s, resolved before it was healed (times of the rules divided by 20)`,
    `met StreamReplicaLag after ${fault?.kind}: fired after 3 s, ticket told after 4 s, did not fire for 1.5 s meanwhile, resolved 2 s after it was healed (times of the rules divided by 20)`,
    `missed MonitorDown after ${fault?.kind}: did not fire within 20 s`,
    'unexpected MonitorBlind fired at 12.0 s, and still did at the end',
  ]);
});

it.skipIf(executablePath === undefined)(
  'stands in the report, with who was told and all that fired',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stormglass-alerts-part-'));
    const template = await buildReportTemplate();
    const browser = await chromium.launch({
      executablePath: executablePath as string,
      args: ['--no-sandbox'],
    });
    try {
      await createHtmlReporter({ runDir: directory, templateFile: template.file }).onEnd?.(run);
      const page = await browser.newPage();
      await page.goto(pathToFileURL(join(directory, 'report.html')).href);
      await page.waitForSelector('#environment');
      const section = page.locator('#alerts');
      expect(await section.locator('.note').innerText()).toMatch(/was divided by 20: scraped every 750 ms/);
      const rows = await section.locator('table').first().locator('tbody tr').allInnerTexts();
      expect(rows.map((row) => row.replace(/\s+/g, ' '))).toEqual([
        expect.stringMatching(
          /^NatsNodeDown page .* 4\.2 s within 20 s, times ÷ 20 5\.1 s page, times ÷ 20 before it was healed within 30 s, times ÷ 20 met$/,
        ),
        expect.stringMatching(
          /^StreamReplicaLag .* 3 s within 20 s, times ÷ 20 did not fire for 1\.5 s meanwhile 4 s ticket, times ÷ 20 2 s within 30 s, times ÷ 20 met$/,
        ),
        expect.stringMatching(/^MonitorDown .* missed did not fire within 20 s$/),
      ]);
      expect(await section.innerText()).toContain('MonitorBlind fired at 12.0 s');
      await section.locator('summary').click();
      expect(await section.locator('details').innerText()).toContain('server <b>n2</b>');
    } finally {
      await browser.close();
      rmSync(directory, { recursive: true, force: true });
      template[Symbol.dispose]();
    }
  },
);
