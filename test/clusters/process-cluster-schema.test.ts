import { expect, test } from 'vitest';
import { z } from 'zod';
import { processClusterSchema, processNodeNames } from '../../src/clusters/process-cluster-schema.js';

/** `path: message` of every issue; those of the fitting branch of a choice, too. */
function problems(given: unknown): string[] {
  const list = (issues: readonly z.core.$ZodIssue[], path: readonly PropertyKey[] = []): string[] =>
    issues.flatMap((issue) => {
      const at = [...path, ...issue.path];
      const inner = issue.code === 'invalid_union' ? issue.errors.flatMap((branch) => list(branch, at)) : [];
      return [`${at.join('.')}: ${issue.message}`, ...inner];
    });
  const result = processClusterSchema.safeParse(given);
  return result.success ? [] : list(result.error.issues);
}

test('three servers with JetStream unless told', () => {
  expect(processClusterSchema.parse({})).toEqual({
    nodes: 3,
    auth: 'none',
    jetstream: { enabled: true },
    config: {},
  });
  expect(processNodeNames(3)).toEqual(['n1', 'n2', 'n3']);
});

test('limits of JetStream have units, and come out in bytes and nanoseconds', () => {
  const jetstream = {
    storage: 'memory',
    'max-storage': '1GiB',
    'max-memory': '64MB',
    'sync-interval': '10s',
  };
  expect(processClusterSchema.parse({ jetstream }).jetstream).toEqual({
    enabled: true,
    storage: 'memory',
    maxStorageBytes: 2 ** 30,
    maxMemoryBytes: 64e6,
    syncIntervalNs: 10e9,
  });
  expect(processClusterSchema.parse({ jetstream: false }).jetstream).toEqual({ enabled: false });
});

test.each([
  [{ nodes: 0 }, 'nodes: a cluster needs at least one server'],
  [{ nodes: 33 }, 'nodes: at most 32 servers'],
  [{ nodes: 2.5 }, 'nodes: expected a whole number of servers, 1 to 32'],
  [{ nodes: '3' }, 'nodes: expected a whole number of servers, 1 to 32'],
  [{ node: 3 }, ': Unrecognized key: "node"'],
  [{ jetstream: 'yes' }, 'jetstream: expected true, false, or limits such as { max-storage: 10GB }'],
  [{ jetstream: { storage: 'disk' } }, 'jetstream.storage: expected file or memory'],
  [
    { jetstream: { 'max-storage': '1XB' } },
    'jetstream.max-storage: expected a size with its unit, such as 16B, 64KiB or 1MB',
  ],
  [
    { nodes: 1, config: { cluster: { no_advertise: true } } },
    'config.cluster: a single server has no cluster settings: ask for more nodes, or leave them out',
  ],
  [
    { config: { port: 4222 } },
    'config.port: port cannot be set here: stormglass chooses addresses and ports',
  ],
  [
    { config: { HTTP: 8222 } },
    'config.HTTP: HTTP cannot be set here: stormglass chooses addresses and ports',
  ],
  [
    { config: { server_name: 'x' } },
    'config.server_name: server_name cannot be set here: stormglass names the servers n1, n2, …',
  ],
  [
    { config: { cluster: { Name: 'x' } } },
    'config.cluster.Name: cluster.Name cannot be set here: the name is unique for each run',
  ],
  [
    { config: { jetstream: { store_dir: '/x' } } },
    'config.jetstream.store_dir: jetstream.store_dir cannot be set here: stores go to a directory of the run',
  ],
  [
    { config: { jetstream: true } },
    'config.jetstream: jetstream cannot be set here: only a block of settings is passed through',
  ],
  [
    { config: { ping_interval: null } },
    'config.ping_interval: ping_interval cannot be set here: it has no value',
  ],
])('%j is refused: %s', (given, problem) => {
  expect(problems(given)).toContain(problem);
});

test('everything that is wrong with the settings is said at once', () => {
  expect(problems({ config: { port: 1, accounts: {}, cluster: { routes: [], name: 'x' } } })).toHaveLength(4);
});

test('what is not ours is passed through as it stands', () => {
  const config = {
    max_payload: '8MB',
    cluster: { pool_size: 1 },
    jetstream: { max_outstanding_catchup: '32MB' },
    tags: ['a', 1, true],
  };
  expect(processClusterSchema.parse({ config }).config).toEqual(config);
});

test.each([
  [true, { routes: true, clients: true }],
  [false, { routes: false, clients: false }],
  ['routes', { routes: true, clients: false }],
  ['clients', { routes: false, clients: true }],
])('links: %s', (links, expected) => {
  expect(processClusterSchema.parse({ links }).links).toEqual(expected);
});

test('every key has a description, for editors', () => {
  const { properties = {} } = z.toJSONSchema(processClusterSchema, { io: 'input' });
  expect(Object.keys(properties)).toEqual([
    'nodes',
    'jetstream',
    'tls',
    'auth',
    'volumes',
    'links',
    'config',
    'server',
    'version',
  ]);
  for (const property of Object.values(properties)) expect(property).toHaveProperty('description');
});
