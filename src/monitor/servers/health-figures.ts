import type { HealthzPage } from '../../nats/endpoints.js';
import { FamilyBook } from './family-book.js';

/** What prometheus-nats-exporter makes of /healthz; a server that does not answer is `unreachable`. */
export function healthFigures(serverId: string, page: HealthzPage | undefined): FamilyBook {
  const book = new FamilyBook('/healthz');
  const isOk = page?.status === 'ok';
  if (page !== undefined) {
    book.add('gauge', 'gnatsd_healthz_status', 'status', { server_id: serverId }, isOk ? 0 : 1);
  }
  const labels = { server_id: serverId, value: page?.status ?? 'unreachable' };
  book.add('gauge', 'gnatsd_healthz_status_value', 'status', labels, isOk ? 1 : 0);
  return book;
}
