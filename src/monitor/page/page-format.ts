import type { MetricExemplar, MetricFamily, MetricSample } from '../../contracts/metric.js';
import { printable } from '../printable.js';

/** Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
export type PageFormat = 'text' | 'openmetrics';

export const CONTENT_TYPE: Readonly<Record<PageFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What ends a page. */
export const PAGE_END: Readonly<Record<PageFormat, string>> = { text: '', openmetrics: '# EOF\n' };

const TO_ESCAPE = /[\\"\n]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const PLAIN = /^[^\\"\u0000-\u001f\u007f]*$/;

const escaped = (text: string): string =>
  printable(text).replace(TO_ESCAPE, (char) => (char === '\n' ? '\\n' : `\\${char}`));

/** The lines that say what a family is. */
export function familyHead({ name, type, help }: MetricFamily, format: PageFormat): string {
  const openMetrics = format === 'openmetrics';
  const called = openMetrics ? openMetricsName(name, type) : name;
  // A counter without `_total` is none to OpenMetrics: the exporter of the NATS project has such.
  const kind = openMetrics && type === 'counter' && !name.endsWith('_total') ? 'unknown' : type;
  const words = openMetrics ? escaped(help) : escaped(help).replaceAll('\\"', '"');
  return `# HELP ${called} ${words}\n# TYPE ${called} ${kind}\n`;
}

/** There, the suffix is the sample's and not the family's. */
const openMetricsName = (name: string, type: MetricFamily['type']): string =>
  type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;

/** The line of one sample. */
export function sampleLine(
  name: string,
  { labels, value, suffix, exemplar }: MetricSample,
  format: PageFormat,
): string {
  let inner = '';
  for (const label in labels) {
    const text = labels[label] as string;
    const isBound = label === 'le' && suffix === '_bucket';
    const shown = isBound ? bound(text) : PLAIN.test(text) ? text : escaped(text);
    inner += inner === '' ? `${label}="${shown}"` : `,${label}="${shown}"`;
  }
  const called = suffix === undefined ? name : name + suffix;
  const line = inner === '' ? `${called} ${valueText(value)}` : `${called}{${inner}} ${valueText(value)}`;
  return exemplar === undefined || format === 'text' ? `${line}\n` : `${line}${exemplarText(exemplar)}\n`;
}

/** `1` → `1.0`: OpenMetrics writes them so, and they must be the same series in both formats. */
const bound = (le: string): string => (/^-?\d+$/.test(le) ? `${le}.0` : le);

const exemplarText = ({ traceId, value, timestampSeconds }: MetricExemplar): string =>
  ` # {trace_id="${escaped(traceId)}"} ${valueText(value)} ${timestampSeconds.toFixed(3)}`;

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
