import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PageMaker } from '../../../src/monitor/page/page-maker.js';
import { clusterFamilies } from '../../../src/monitor/servers/cluster-families.js';
import { DetailLimit } from '../../../src/monitor/servers/detail-limit.js';
import { mergeFamilies } from '../../../src/monitor/servers/family-book.js';
import { GroupBook } from '../../../src/monitor/servers/group-book.js';
import { WatchedServer } from '../../../src/monitor/servers/watched-server.js';
import type { ProbedPage } from '../../../src/nats/endpoints.js';
import type { ServerDoor } from '../../../src/nats/server-door.js';
import { parsePrometheusText } from '../prometheus-text.js';

type Pages = Readonly<Record<ProbedPage, unknown>>;

const RAFT = {
  leader: 'n1',
  leader_since: '2026-01-02T03:04:05.6Z',
  replicas: [
    { name: 'n2', peer: 'p2', current: true, active: 500, lag: 3 },
    { name: 'n3', peer: 'p3', current: false, offline: true, active: 9e9 },
  ],
};
const CONSUMER = {
  ...{ name: 'worker', cluster: RAFT, config: { description: 'what it does' }, ts: '2026-01-02T03:04:05Z' },
  delivered: { consumer_seq: 4, stream_seq: 5, last_active: '2026-01-02T03:04:00Z' },
  ...{ ack_floor: { consumer_seq: 1, stream_seq: 2 }, num_pending: 7 },
};
const STREAM = {
  ...{ name: 'ORDERS', cluster: RAFT, state: { messages: 1, bytes: 2 }, config: { max_bytes: -1 } },
  consumer_detail: [CONSUMER],
  sources: [{ name: 'S', lag: 1, external: { api: 'a', deliver: 'd' } }],
  mirror: { name: 'M', active: 3 },
};
/** What a server says, each part of it. */
const WHOLE: Pages = {
  varz: {
    ...{ server_id: 'ID', server_name: 'n1', version: '2.15.2', start: '2026-01-02T03:04:05Z' },
    ...{ cluster: { name: 'c', addr: '0' }, cpu: 1.5, mem: 2, in_msgs: 3, http_req_stats: { '/varz': 4 } },
    jetstream: { config: { max_memory: 5 }, stats: { memory: 6 } },
  },
  connz: { num_connections: 1, connections: [{ pending_bytes: 1, in_msgs: 2 }] },
  routez: { server_name: 'n1', num_routes: 1, routes: [{ remote_name: 'n2', remote_id: 'I2', rid: 1 }] },
  healthz: { status: 'ok' },
  jsz: {
    ...{ now: '2026-01-02T03:04:05Z', config: { max_memory: 1, domain: '' }, streams: 1 },
    meta_cluster: { ...RAFT, name: 'c', peer: 'p1', cluster_size: 3 },
    account_details: [{ name: '$G', id: '$G', storage: 1, stream_detail: [STREAM] }],
  },
  raftz: { SYS: { _meta_: { state: 'LEADER', leader_since: '2026-01-02T03:04:05Z' } } },
};

const HOSTILE: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    ...[null, {}, [], '', 'a"b\\c\n\u0000\ud800', 'x'.repeat(5000), '__proto__', 1e308, -1, 0.5, true],
    ...[{ toString: 1 }, [[]], [null, 7, 'n1', {}], { name: { a: 1 } }, 'Server name unknown at this time'],
  ),
);

/** Every place of a page. */
function* placesOf(value: unknown, path: readonly string[] = []): Iterable<readonly string[]> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) yield* placesOf(part, [...path, key]);
}

const PLACES = [...placesOf(WHOLE)].filter((path) => path.length > 0);

type Damage = {
  readonly at: readonly string[];
  readonly is: unknown;
  readonly how: 'put' | 'drop' | 'twice';
};

function damaged(pages: Pages, damages: readonly Damage[]): Pages {
  const copy = structuredClone(pages) as Record<string, unknown>;
  for (const { at, is, how } of damages) {
    let parent: unknown = copy;
    for (const key of at.slice(0, -1)) parent = (parent as Record<string, unknown> | undefined)?.[key];
    if (typeof parent !== 'object' || parent === null) continue;
    const key = at.at(-1) as string;
    if (Array.isArray(parent) && how === 'twice') parent.push(...parent);
    else if (how === 'drop') delete (parent as Record<string, unknown>)[key];
    else (parent as Record<string, unknown>)[key] = is;
  }
  return copy as Pages;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.constantFrom(...PLACES),
  is: HOSTILE,
  how: fc.constantFrom('put' as const, 'put' as const, 'drop' as const, 'twice' as const),
});

/** The page of a monitor that has looked at servers which answer so. */
async function pageOf(
  servers: readonly Pages[],
): Promise<{ readonly text: string; readonly faults: number }> {
  const limit = new DetailLimit(100, 100);
  const sink = { publish: () => {} };
  const groups = new GroupBook(limit, sink);
  const watched = servers.map((pages, i) => {
    const door: ServerDoor = { ask: async (page) => pages[page] };
    return new WatchedServer({ name: `s${i}`, address: `127.0.0.1:${i}`, door, limit, sink, staleMs: 1e6 });
  });
  const known = {
    isAway: () => false,
    isWatched: () => true,
    knownSinceMs: () => 0,
    label: (name: string) => name,
  };
  for (let look = 0; look < 2; look++) {
    for (const server of watched) await server.look();
    const pages = watched.flatMap(({ serverName, jsz, metaLeaderSinceMs }) =>
      jsz && serverName ? [{ server: serverName, jsz, metaLeaderSinceMs }] : [],
    );
    await groups.settle(pages, known);
  }
  const maker = new PageMaker([
    {
      *families() {
        yield* mergeFamilies(watched.flatMap(({ books }) => books));
        yield* clusterFamilies(watched, { named: 0, largestSize: 1, largestRoutes: new Map() });
        yield* groups.families();
      },
    },
  ]);
  return { text: (await maker.make('text')).toString('utf8'), faults: maker.faults };
}

it('is a whole page, each figure once, whatever answers in the place of a server', async () => {
  expect((await pageOf([WHOLE])).text).toContain('jetstream_consumer_num_pending{');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(damage, { maxLength: 6 }), { minLength: 1, maxLength: 2 }),
      async (all) => {
        const { text, faults } = await pageOf(all.map((damages) => damaged(WHOLE, damages)));
        expect(faults).toBe(0);
        const samples = parsePrometheusText(text);
        expect(samples.length).toBeGreaterThan(3);
        const keys = samples.map(
          ({ name, labels }) => `${name}${JSON.stringify(Object.entries(labels).sort())}`,
        );
        expect(new Set(keys).size).toBe(keys.length);
        for (const { labels } of samples)
          for (const value of Object.values(labels)) expect(value.length).toBeLessThan(1000);
      },
    ),
    { seed: 77, numRuns: 120 },
  );
});

it('is no heavier for what is huge, and deep', async () => {
  const deep: Record<string, unknown> = {};
  let at = deep;
  for (let i = 0; i < 5000; i++) {
    const inner = {};
    at.inner = inner;
    at = inner;
  }
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`figure_${i}`, i]));
  const replicas = Array.from({ length: 50_000 }, (_, i) => ({ name: `n${i}`, current: true }));
  const { text, faults } = await pageOf([
    {
      ...WHOLE,
      varz: { ...(WHOLE.varz as object), deep, wide, ['k'.repeat(100_000)]: 1 },
      jsz: { ...(WHOLE.jsz as object), meta_cluster: { leader: 'n1', replicas } },
    },
  ]);
  expect(faults).toBe(0);
  expect(text.length).toBeLessThan(2_000_000);
});
