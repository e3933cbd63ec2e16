import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { JAEGER } from './data-sources.js';

/** A search among traces; the SDK has no query of Jaeger's, whose fields these are. */
export interface JaegerSearch {
  readonly service: string;
  readonly operation?: string;
  /** As Jaeger takes it: `100ms`. */
  readonly minDuration?: string;
  /** logfmt: `error=true`. */
  readonly tags?: string;
  readonly limit: number;
}

export function jaegerSearch(search: JaegerSearch): Builder<Dataquery> {
  return jaegerQuery({ queryType: 'search', ...search });
}

/** One trace, by its id. */
export function jaegerTrace(traceId: string): Builder<Dataquery> {
  return jaegerQuery({ query: traceId });
}

/** Which services call which. */
export function jaegerDependencies(): Builder<Dataquery> {
  return jaegerQuery({ queryType: 'dependencyGraph' });
}

function jaegerQuery(fields: object): Builder<Dataquery> {
  const query = { datasource: JAEGER, refId: 'A', ...fields, _implementsDataqueryVariant: () => {} };
  return { build: () => query };
}
