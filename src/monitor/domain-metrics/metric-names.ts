import type { MetricDescription } from '../../contracts/metric.js';
import { GPU_METRICS } from '../catalog/gpu-metrics.js';
import { CATALOG } from '../family.js';

/** Names of ours that the monitor fills with nothing: they may be declared, as the rules and dashboards know them. */
const FOR_DECLARATIONS: readonly MetricDescription[] = GPU_METRICS;

/** What exporters and Prometheus itself have names of theirs for. */
const OTHERS = ['gnatsd_', 'jetstream_', 'prometheus_', 'go_', 'process_', 'scrape_', 'ALERTS'];

/** What a histogram or a counter is served with; no other metric may end so. */
const RESERVED_ENDINGS = ['_bucket', '_sum', '_count', '_created', '_info'];

/** Units that are no base units, and what Prometheus has instead. */
const BASE_UNITS: Readonly<Record<string, readonly [unit: string, scale: string]>> = {
  milliseconds: ['seconds', '0.001'],
  ms: ['seconds', '0.001'],
  microseconds: ['seconds', '0.000001'],
  us: ['seconds', '0.000001'],
  nanoseconds: ['seconds', '0.000000001'],
  minutes: ['seconds', '60'],
  hours: ['seconds', '3600'],
  kilobytes: ['bytes', '1000'],
  kb: ['bytes', '1000'],
  megabytes: ['bytes', '1000000'],
  percent: ['ratio', '0.01'],
};

export interface NamedMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly unit?: string | undefined;
  /** By label; undefined where they are not known. */
  readonly labels?: Readonly<Record<string, unknown>> | undefined;
}

/** What is wrong with a metric's name or unit, with what to do; `undefined` when nothing is. */
export function nameProblem(metric: NamedMetric): string | undefined {
  const { name, type, unit } = metric;
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    return 'expected a name of letters, digits and _, such as orders_value_euros';
  const known = FOR_DECLARATIONS.find((each) => each.name === name);
  if (known !== undefined && !isAs(known, metric)) {
    return `rules and dashboards know it as a ${known.type} with the labels ${known.labels.join(', ')}: declare it so`;
  }
  const clash = CATALOG.find((each) => each.name === name || servedNames(each).includes(name));
  if (clash && known === undefined)
    return `the monitor has a metric ${clash.name} of its own: choose another name`;
  const taken = OTHERS.find((prefix) => name.startsWith(prefix));
  if (taken !== undefined)
    return `names that begin with ${taken} are another exporter's: choose another name`;
  if (type === 'counter' && !name.endsWith('_total'))
    return `a counter's name ends with _total: ${name}_total`;
  if (type !== 'counter' && name.endsWith('_total'))
    return `only a counter's name ends with _total, and this is a ${type}`;
  const ending = RESERVED_ENDINGS.find((each) => name.endsWith(each));
  if (ending !== undefined) return `a name that ends with ${ending} is taken for a part of another metric`;
  const stem = type === 'counter' ? name.slice(0, -'_total'.length) : name;
  if (unit !== undefined && !stem.endsWith(`_${unit}`) && stem !== unit)
    return `the name says its unit: ${stem}_${unit}${type === 'counter' ? '_total' : ''}`;
  return undefined;
}

function isAs(known: MetricDescription, { type, labels = {} }: NamedMetric): boolean {
  const given = Object.keys(labels);
  return (
    type === known.type &&
    given.length === known.labels.length &&
    given.every((label) => known.labels.includes(label))
  );
}

/** What is wrong with a unit; `undefined` when nothing is. */
export function unitProblem(unit: string): string | undefined {
  const [base, scale] = (Object.hasOwn(BASE_UNITS, unit) && BASE_UNITS[unit]) || [];
  if (base !== undefined) return `Prometheus wants base units: ${base}, with \`scale: ${scale}\``;
  return /^[a-z][a-z0-9_]*$/.test(unit)
    ? undefined
    : 'expected a unit in small letters, such as seconds or bytes';
}

/** What is wrong with a label; `undefined` when nothing is. */
export function labelProblem(label: string, type: NamedMetric['type']): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label))
    return 'a label has letters, digits and _, and does not begin with a digit';
  if (label.startsWith('__')) return 'labels that begin with __ are Prometheus’ own';
  if (label === 'le' && type === 'histogram') return 'a histogram has the label le for its buckets';
  if (label === 'job' || label === 'instance') return `Prometheus sets ${label} itself: choose another label`;
  return undefined;
}

/** The names under which a metric is served. */
export function servedNames({ name, type }: Pick<NamedMetric, 'name' | 'type'>): readonly string[] {
  return type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
