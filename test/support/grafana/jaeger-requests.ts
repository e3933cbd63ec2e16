import type { DashboardJson, TargetJson } from './dashboard-json.js';

/** A call that Grafana's Jaeger data source makes for a panel: its path at Jaeger, with what it asks. */
export interface JaegerRequest {
  readonly title: string;
  readonly path: string;
}

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a panel's query may say that is sent as it is. */
const SEARCH_FIELDS = ['service', 'operation', 'tags', 'minDuration', 'maxDuration', 'limit'];

/**
 * Of every panel that asks Jaeger, as Grafana 11.6 asks: a search is bounded by the time shown in microseconds, the graph of
 * services in milliseconds. Variables stand as they are; what is empty is left out.
 */
export function jaegerRequests(
  dashboard: DashboardJson,
  variables: ReadonlyMap<string, string>,
  time: TimeRange,
): JaegerRequest[] {
  return dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets
      .filter(({ datasource }) => datasource?.type === 'jaeger')
      .map((target) => ({ title, path: pathOf(target, variables, time) })),
  );
}

function pathOf(
  target: TargetJson,
  variables: ReadonlyMap<string, string>,
  { fromMs, toMs }: TimeRange,
): string {
  const filled = (text: unknown): string =>
    String(text ?? '').replace(/\$(\w+)/g, (_, name: string) => {
      const value = variables.get(name);
      if (value === undefined) throw new Error(`no variable ${name} for ${text}`);
      return value;
    });
  switch (target.queryType) {
    case undefined:
      return `/api/traces/${encodeURIComponent(filled(target.query))}`;
    case 'dependencyGraph':
      return `/api/dependencies?${new URLSearchParams({ endTs: String(toMs), lookback: String(toMs - fromMs) })}`;
    case 'search': {
      const said = SEARCH_FIELDS.map((field): [string, string] => [field, filled(target[field])])
        .filter(([, value]) => value !== '')
        .map(([field, value]): [string, string] => [field, field === 'tags' ? tagsAsJson(value) : value]);
      const range = { start: String(fromMs * 1000), end: String(toMs * 1000), lookback: 'custom' };
      return `/api/traces?${new URLSearchParams([...said, ...Object.entries(range)])}`;
    }
    default:
      throw new Error(`a kind of query that is not known here: ${target.queryType}`);
  }
}

/** `error=true http.method=GET` → `{"error":"true","http.method":"GET"}`. */
const tagsAsJson = (logfmt: string): string =>
  JSON.stringify(Object.fromEntries(logfmt.split(/\s+/).map((pair) => pair.split('='))));
