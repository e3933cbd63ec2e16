/** What a metric is, as docs/metrics.md lists it and as every metric that is served must say of itself. */
export interface MetricDescription {
  /** With its unit, as Prometheus wants it: `cim_event_lag_seconds`, `…_total` for a counter. */
  readonly name: string;
  /** A summary is of quantiles that somebody else took: its samples have the label `quantile`. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** One sentence with a full stop: the `# HELP` of the page. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Where what it says comes from: the events it is made of, or the endpoint that was asked. */
  readonly source: string;
}

/** One figure of a metric; a histogram has one for each of its buckets, its sum and its count. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
  /** Only in OpenMetrics. */
  readonly exemplar?: MetricExemplar;
}

/** An event that stands for those of its bucket. */
export interface MetricExemplar {
  /** 32 hex digits. */
  readonly traceId: string;
  readonly value: number;
  /** Unix time. */
  readonly timestampSeconds: number;
}

export interface MetricFamily extends MetricDescription {
  readonly samples: Iterable<MetricSample>;
}

/** What has metrics to show. Figures are taken when the page is asked for; it must not wait. */
export interface MetricSource {
  families(): Iterable<MetricFamily>;
}
