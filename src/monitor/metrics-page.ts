import { type Metric, Registry } from 'prom-client';
import { wallTimeOf } from '../base/clock.js';
import type { EventCounter } from './event-counter.js';
import { LAG_BOUNDS_S } from './lag-buckets.js';
import type { LoadFigures } from './load-tally.js';

/** What the connection of the monitor went through. */
export interface SightFigures {
  readonly connected: boolean;
  readonly reconnects: number;
  /** Time without a connection, the present one included. */
  readonly blindSeconds: number;
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own name: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

/** The registry of the monitor's metrics; the figures are taken when the page is asked for. */
export function metricsRegistry(counter: EventCounter, sight: () => SightFigures): Registry {
  const registry = new Registry();
  const add = (
    type: 'counter' | 'gauge' | 'histogram',
    name: string,
    help: string,
    values: () => Value[],
  ) => {
    // The registry asks a metric for nothing but this when it writes the page; the counts stay where they are.
    const metric = {
      name,
      help,
      type,
      get: async () => ({ name, help, type, values: values(), aggregator: 'sum' }),
    };
    registry.registerMetric(metric as unknown as Metric);
  };
  const { series, events, messages, bytes, lastSeenNs, loads } = counter;
  const bySeries = (figure: (index: number) => number): Value[] =>
    series.domains.flatMap((domain, index) =>
      events[index] === 0 ? [] : [{ labels: { domain, type: series.types[index]! }, value: figure(index) }],
    );
  const byLoad = (figure: (figures: LoadFigures) => number): Value[] =>
    loads.figures().map((figures) => ({ labels: { load: figures.load }, value: figure(figures) }));
  const single = (value: number): Value[] => [{ labels: {}, value }];

  add('counter', 'cim_events_total', 'Events received.', () => bySeries((index) => events[index]!));
  add(
    'counter',
    'cim_event_messages_total',
    'Messages received; one carries one event or a batch of them.',
    () => bySeries((index) => messages[index]!),
  );
  add('counter', 'cim_event_bytes_total', 'Payload bytes received.', () =>
    bySeries((index) => bytes[index]!),
  );
  add('gauge', 'cim_event_last_seen_timestamp_seconds', 'When the last event came, in Unix time.', () =>
    bySeries((index) => wallTimeOf(lastSeenNs[index]!).getTime() / 1000),
  );
  add('histogram', 'cim_event_lag_seconds', 'From when an event was due until it was received.', () =>
    lagValues(counter),
  );
  add('counter', 'cim_monitor_lag_discarded_total', 'Events whose lag was negative or above an hour.', () =>
    single(counter.unbelievableLags),
  );
  add(
    'counter',
    'cim_monitor_batches_malformed_total',
    'Messages that begin like a batch and are none: each is counted as one event.',
    () => single(counter.malformedBatches),
  );
  add('counter', 'cim_events_received_total', 'Stamped events received, without duplicates, by load.', () =>
    byLoad(({ received }) => received),
  );
  add(
    'counter',
    'cim_events_lost_total',
    'Stamped events that the sequence of their writer shows to be missing.',
    () => byLoad(({ lost }) => lost),
  );
  add('counter', 'cim_events_duplicated_total', 'Stamped events that came again.', () =>
    byLoad(({ duplicates }) => duplicates),
  );
  add('gauge', 'cim_monitor_series', 'Pairs of domain and type that are told apart.', () =>
    single(series.size),
  );
  add(
    'counter',
    'cim_monitor_series_dropped_total',
    'Events counted under domain and type "other", because there are too many pairs to tell apart.',
    () => single(series.dropped),
  );
  add('gauge', 'cim_monitor_connected', '1 while connected to a NATS server.', () =>
    single(sight().connected ? 1 : 0),
  );
  add('counter', 'cim_monitor_reconnects_total', 'Connections made after the first.', () =>
    single(sight().reconnects),
  );
  add(
    'counter',
    'cim_monitor_blind_seconds_total',
    'Time without a connection: what was published then is missing.',
    () => single(sight().blindSeconds),
  );
  return registry;
}

function lagValues({ series, lags }: EventCounter): Value[] {
  const name = 'cim_event_lag_seconds';
  return series.domainNames.flatMap((domain, row): Value[] => {
    const { atOrBelow, count, sumSeconds } = lags.cumulative(row);
    if (count === 0) return [];
    return [
      ...atOrBelow.map((value, i) => ({
        labels: { domain, le: LAG_BOUNDS_S[i]! },
        value,
        metricName: `${name}_bucket`,
      })),
      { labels: { domain, le: '+Inf' }, value: count, metricName: `${name}_bucket` },
      { labels: { domain }, value: sumSeconds, metricName: `${name}_sum` },
      { labels: { domain }, value: count, metricName: `${name}_count` },
    ];
  });
}
