import { FamilyBook } from './family-book.js';

type Sum = 'pending_bytes' | 'subscriptions' | 'in_bytes' | 'out_bytes' | 'in_msgs' | 'out_msgs';

export interface Connz {
  readonly num_connections?: number;
  readonly total?: number;
  readonly offset?: number;
  readonly limit?: number;
  readonly connections?: readonly { readonly [Name in Sum]?: number }[];
}

/** Summed over the connections of the page: the first 1,024. */
const SUMS: readonly (readonly ['gauge' | 'counter', Sum])[] = [
  ['gauge', 'pending_bytes'],
  ['gauge', 'subscriptions'],
  ['counter', 'in_bytes'],
  ['counter', 'out_bytes'],
  ['counter', 'in_msgs'],
  ['counter', 'out_msgs'],
];

/** What prometheus-nats-exporter makes of /connz: sums, no series a connection. */
export function connectionFigures(serverId: string, page: Connz): FamilyBook {
  const book = new FamilyBook('/connz');
  const labels = { server_id: serverId };
  for (const key of ['num_connections', 'total', 'offset', 'limit'] as const) {
    book.add('gauge', `gnatsd_connz_${key}`, key, labels, page[key] ?? 0);
  }
  for (const [type, key] of SUMS) {
    const sum = (page.connections ?? []).reduce((total, { [key]: value = 0 }) => total + value, 0);
    book.add(type, `gnatsd_connz_${key}`, key, labels, sum);
  }
  return book;
}
