import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';

/** What tells the queries of a panel apart, in their order: A, B, C. */
export const refIdOf = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

export function withRefIds(queries: readonly Builder<Dataquery>[]): Builder<Dataquery>[] {
  return queries.map((query, index) => ({ build: () => ({ ...query.build(), refId: refIdOf(index) }) }));
}
