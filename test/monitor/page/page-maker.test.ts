import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { MetricFamily, MetricSource } from '../../../src/contracts/metric.js';
import { CATALOG } from '../../../src/monitor/family.js';
import { PageMaker } from '../../../src/monitor/page/page-maker.js';
import { needs, promtool } from '../../support/prometheus-tools.js';
import { turnsMeanwhile } from '../../support/turns-meanwhile.js';
import { parsePrometheusText, sampleValue } from '../prometheus-text.js';

const HOSTILE = [
  'new\nline',
  'quo"te',
  'back\\slash',
  'nul\u0000',
  'lone\ud800',
  '}{,="',
  'x'.repeat(10_240),
  '',
];

const sourceOf = (...families: MetricFamily[]): MetricSource => ({ families: () => families });

const COUNTER: MetricFamily = {
  name: 'cim_events_total',
  type: 'counter',
  help: 'What "was" seen,\nand how.',
  labels: ['domain'],
  source: 'a test',
  samples: HOSTILE.map((domain, i) => ({ labels: { domain }, value: i })),
};
const HISTOGRAM: MetricFamily = {
  name: 'cim_event_lag_seconds',
  type: 'histogram',
  help: 'How late.',
  labels: [],
  source: 'a test',
  samples: [
    {
      labels: { le: '1' },
      value: 2,
      suffix: '_bucket',
      exemplar: { traceId: '0af7651916cd43dd8448eb211c80319c', value: 0.5, timestampSeconds: 1.7e9 + 0.25 },
    },
    { labels: { le: '+Inf' }, value: 2, suffix: '_bucket' },
    { labels: {}, value: 0.75, suffix: '_sum' },
    { labels: {}, value: 2, suffix: '_count' },
  ],
};
const ODD: MetricFamily = {
  name: 'gnatsd_varz_in_msgs',
  type: 'counter',
  help: 'In.',
  labels: [],
  source: 'a test',
  samples: [{ labels: {}, value: Number.POSITIVE_INFINITY }],
};

const page = async (format: 'text' | 'openmetrics', ...families: MetricFamily[]) =>
  (await new PageMaker([sourceOf(...families)]).make(format)).toString('utf8');

describe('PageMaker', () => {
  it('leaves out what cannot be written, says so, and shows the rest', async () => {
    const broken: MetricFamily = {
      ...{ name: 'broken', type: 'gauge', help: 'Broken.', labels: ['of'], source: 'a test' },
      samples: [{ labels: { of: Object.create(null) as string }, value: 1 }],
    };
    const throws: MetricSource = {
      *families() {
        yield ODD;
        throw new TypeError('what answered is no server');
      },
    };
    const maker = new PageMaker([sourceOf(broken, COUNTER), throws, sourceOf(HISTOGRAM)]);
    const text = (await maker.make('text')).toString('utf8');
    const samples = parsePrometheusText(text);
    expect(sampleValue(samples, 'cim_events_total', { domain: 'x'.repeat(10_240) })).toBe(6);
    expect(sampleValue(samples, 'cim_event_lag_seconds_count')).toBe(2);
    expect(maker.faults).toBe(2);
  });

  it('writes hostile labels so that they can be read, and none of them ends anything', async () => {
    const samples = parsePrometheusText(await page('text', COUNTER));
    expect(samples.map(({ labels }) => labels.domain)).toEqual(
      HOSTILE.map((text) => text.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd')),
    );
    expect(sampleValue(samples, 'cim_events_total', { domain: 'new\nline' })).toBe(0);
  });

  it('writes OpenMetrics as its specification has it', async () => {
    const lines = (await page('openmetrics', { ...COUNTER, samples: [] }, HISTOGRAM, ODD)).split('\n');
    expect(lines).toEqual([
      '# HELP cim_events What \\"was\\" seen,\\nand how.',
      '# TYPE cim_events counter',
      '# HELP cim_event_lag_seconds How late.',
      '# TYPE cim_event_lag_seconds histogram',
      'cim_event_lag_seconds_bucket{le="1.0"} 2 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.5 1700000000.250',
      'cim_event_lag_seconds_bucket{le="+Inf"} 2',
      'cim_event_lag_seconds_sum 0.75',
      'cim_event_lag_seconds_count 2',
      '# HELP gnatsd_varz_in_msgs In.',
      '# TYPE gnatsd_varz_in_msgs unknown',
      'gnatsd_varz_in_msgs +Inf',
      '# EOF',
      '',
    ]);
  });

  it('writes the same series in both formats, and exemplars in one', async () => {
    const [text, openMetrics] = await Promise.all([page('text', HISTOGRAM), page('openmetrics', HISTOGRAM)]);
    expect(text).toContain('cim_event_lag_seconds_bucket{le="1.0"} 2\n');
    expect(openMetrics.replace(/ # \{.*/, '').replace('# EOF\n', '')).toBe(text);
  });

  it('shows a name once, whoever else has it', async () => {
    const first = { ...COUNTER, samples: [{ labels: { domain: 'a' }, value: 1 }] };
    const second = { ...COUNTER, samples: [{ labels: { domain: 'b' }, value: 2 }] };
    const samples = parsePrometheusText(await page('text', first, second));
    expect(samples.map(({ labels }) => labels.domain)).toEqual(['a']);
  });

  it('lets events be received while it writes a long page', async () => {
    const samples = Array.from({ length: 200_000 }, (_, i) => ({ labels: { domain: `d${i}` }, value: i }));
    let text = '';
    const turns = await turnsMeanwhile(async () => {
      text = await page('text', { ...COUNTER, samples });
    });
    expect(text.length).toBeGreaterThan(5e6);
    expect(turns).toBeGreaterThan(3);
  });

  it('takes the figures of a long metric as it writes them, so that they keep nothing waiting either', async () => {
    let turns = 0;
    setImmediate(() => turns++);
    const seen = new Set<number>();
    const samples = function* () {
      for (let i = 0; i < 200_000; i++) {
        seen.add(turns);
        yield { labels: { domain: `d${i}` }, value: i };
      }
    };
    await page('text', { ...COUNTER, samples: samples() });
    expect([...seen]).toEqual([0, 1]);
  });

  it('takes a label `le` for a bound only where it is one of a histogram', async () => {
    const samples = [...HOSTILE, '1'].map((le) => ({ labels: { le }, value: 1 }));
    const read = parsePrometheusText(await page('text', { ...COUNTER, samples }));
    expect(read.map(({ labels }) => labels.le)).toEqual(
      [...HOSTILE, '1'].map((text) => text.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd')),
    );
  });

  it.skipIf(promtool === undefined)(
    `is taken by promtool, with every metric of the catalog and hostile labels${needs(promtool, 'promtool')}`,
    async () => {
      const families = CATALOG.map((metric): MetricFamily => {
        const samples =
          metric.type === 'histogram'
            ? HISTOGRAM.samples
            : HOSTILE.map((hostile) => ({
                labels: Object.fromEntries(
                  metric.labels.map((label) => [label, label === 'quantile' ? '0.99' : hostile]),
                ),
                value: 1,
              })).slice(0, metric.labels.length === 0 ? 1 : undefined);
        return { ...metric, samples };
      });
      const { status, stdout, stderr } = spawnSync(promtool as string, ['check', 'metrics'], {
        input: await page('text', ...families),
        encoding: 'utf8',
      });
      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
    },
  );
});
