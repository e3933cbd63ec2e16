import { FamilyBook } from './family-book.js';

/** Parts of pages that are no figures of a server, by their whole name. */
const PASSED_OVER = new Set([
  'leaf',
  'trusted_operators_claim',
  'cluster_tls_timeout',
  'cluster_cluster_port',
  'cluster_auth_timeout',
  'gateway_port',
  'gateway_auth_timeout',
  'gateway_tls_timeout',
  'gateway_connect_retries',
]);

/** Texts that are worth a metric: dates become milliseconds, others a label of a metric that is 1. */
const TOLD_TEXTS = new Set([
  'server_id',
  'server_name',
  'version',
  'domain',
  'leader',
  'name',
  'start',
  'config_load_time',
]);

/** A page that has more is none of a server. */
const MOST_FIGURES = 2000;
const MOST_DEPTH = 16;
const MOST_CHARS = 256;

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * What prometheus-nats-exporter makes of /varz and /routez: each number of the page, however deep, is a gauge that is named
 * after the way to it. Lists, booleans and most texts are passed over.
 */
export function plainFigures(page: 'varz' | 'routez', serverId: string, content: unknown): FamilyBook {
  const book = new FamilyBook(`/${page}`);
  const told = new Set<string>();
  const add = (path: string, labels: Readonly<Record<string, string>>, value: number) => {
    const name = `gnatsd_${page}_${path}`;
    // Two ways may have one name.
    if (path === '' || told.has(name) || told.size === MOST_FIGURES || !METRIC_NAME.test(name)) return;
    told.add(name);
    book.add('gauge', name, path, labels, value);
  };
  const walk = (part: object, above: string, depth: number) => {
    if (depth === MOST_DEPTH) return;
    for (const [key, value] of Object.entries(part)) {
      if (key.length > MOST_CHARS) continue;
      const path = flatName(above, key);
      if (PASSED_OVER.has(path)) continue;
      if (typeof value === 'number') add(path, { server_id: serverId }, value);
      else if (typeof value === 'string' && TOLD_TEXTS.has(key)) {
        if (DATE.test(value)) add(path, { server_id: serverId }, Date.parse(value));
        else add(path, { server_id: serverId, value: value.slice(0, MOST_CHARS) }, 1);
      } else if (typeof value === 'object' && value !== null && !Array.isArray(value))
        walk(value, path, depth + 1);
    }
  };
  if (typeof content === 'object' && content !== null) walk(content, '', 0);
  return book;
}

/** `http_req_stats` and `/jsz` are `http_req_stats_jsz`. */
function flatName(above: string, key: string): string {
  const path = above === '' ? key : `${above}_${key}`;
  return path.replaceAll('/', '_').replace(/_{2,}/g, '_').replace(/^_|_$/g, '');
}
