import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReportPage } from '../../src/contracts/report-page.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { buildReportPage } from '../../src/reporters/build-report-page.js';
import { DATA_MARK, injectPageData } from '../../src/reporters/inject-page-data.js';
import { percentileCurve } from '../../src/reporters/percentile-curve.js';
import { createHtmlReporter } from '../../src/reporters/report-html.js';
import { rerunCommand } from '../../src/reporters/rerun-command.js';
import { sampleRun } from '../support/sample-run.js';
import { freshRunDir } from './run-dir.js';

const run = sampleRun({ seconds: 12, ordersPerSec: 100, firehosePerSec: 100 });
const TEMPLATE = `<script type="application/json">${DATA_MARK}</script><script>draw()</script>`;

describe('the data of the page', () => {
  it('comes out of the page as it went in, and nothing in it ends its element', () => {
    const page = buildReportPage({
      ...run.result,
      scenarioFile: '</script><!--<script>alert("$&$1")</script>',
    });
    const html = injectPageData(TEMPLATE, page);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    const data = html.slice(html.indexOf('>') + 1, html.indexOf('</script'));
    expect(data).not.toContain('<');
    expect((JSON.parse(data) as ReportPage).summary.scenarioFile).toBe(page.summary.scenarioFile);
  });

  it('is refused by what is no template', () => {
    expect(() => injectPageData('<html></html>', buildReportPage(run.result))).toThrow(/not a template/);
  });

  it('has the timeline by columns, each as long as its time', () => {
    const { timeline } = buildReportPage(run.result);
    const [orders, firehose] = timeline.loads;
    expect(timeline.rowSec).toBe(1);
    expect(orders?.counters.due?.slice(0, 3)).toEqual([100, 100, 100]);
    expect(orders?.latency.ack_latency?.p99).toHaveLength(orders?.t.length ?? 0);
    expect(firehose?.latency.ack_latency).toBeUndefined();
    expect(orders?.counters.dropped).toBeUndefined();
  });
});

describe('the curve of latency by percentile', () => {
  it('goes from the minimum to the maximum on the scale of 1 / (1 − p), and never down', () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 10_000; i++) histogram.record(i * 1000);
    const { odds, ns, sparseFrom, atLeastFrom } = percentileCurve(histogram.snapshot());
    expect([odds[0], odds.at(-1)]).toEqual([1, 10_000]);
    expect(ns.at(-1)).toBe(10_000_000);
    expect([...ns].sort((a, b) => a - b)).toEqual(ns);
    odds.forEach((each, index) => {
      const exact = 10_000_000 * (1 - 1 / each);
      expect(Math.abs((ns[index] ?? 0) - exact)).toBeLessThanOrEqual(exact / 1000 + 1000);
    });
    expect(odds[sparseFrom ?? 0]).toBeGreaterThan(1000);
    expect(odds[(sparseFrom ?? 0) - 1]).toBeLessThanOrEqual(1000 + 1e-9);
    expect(atLeastFrom).toBeUndefined();
  });

  it('says from where on operations without an answer decide', () => {
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 990; i++) histogram.record(1e6);
    for (let i = 0; i < 10; i++) histogram.recordCensored(5e9);
    const { odds, atLeastFrom = 0 } = percentileCurve(histogram.snapshot());
    expect(odds[atLeastFrom]).toBeGreaterThan(100);
    expect(odds[atLeastFrom - 1]).toBeLessThanOrEqual(100 + 1e-9);
  });
});

describe('the command that runs it again', () => {
  it('has the scenario and the seed, quoted for a shell where need be', () => {
    expect(rerunCommand(run.result)).toBe('npx stormglass run scenarios/leader-loss.yaml --seed 42');
    expect(rerunCommand({ ...run.result, scenarioFile: "it's here.yaml" })).toBe(
      "npx stormglass run 'it'\\''s here.yaml' --seed 42",
    );
  });
});

describe('report.html', () => {
  it('is the template with the data of the run', async () => {
    const runDir = freshRunDir();
    const templateFile = join(runDir, 'template.html');
    writeFileSync(templateFile, TEMPLATE);
    await createHtmlReporter({ runDir, templateFile }).onEnd?.(run.result);
    const html = readFileSync(join(runDir, 'report.html'), 'utf8');
    expect(html).toBe(injectPageData(TEMPLATE, buildReportPage(run.result)));
  });

  it('says how to get the page when it was not built', async () => {
    const runDir = freshRunDir();
    const reporter = createHtmlReporter({ runDir, templateFile: join(runDir, 'missing.html') });
    await expect(reporter.onEnd?.(run.result)).rejects.toMatchObject({
      name: 'StormglassError',
      message: expect.stringContaining('missing.html'),
      hint: expect.stringContaining('npm run build'),
    });
  });
});
