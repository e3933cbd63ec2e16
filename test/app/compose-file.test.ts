import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { planScenario } from '../../src/app/plan-scenario.js';
import type { ExternalClusterParams } from '../../src/clusters/external-cluster-schema.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const compose = parse(readFileSync(`${root}docker-compose.yml`, 'utf8'), { merge: true }) as {
  readonly name: string;
  readonly services: Readonly<
    Record<
      string,
      { readonly image: string; readonly ports: string[]; readonly configs: { source: string }[] }
    >
  >;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
};
interface Proxy {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
}
const proxies = JSON.parse(compose.configs.toxiproxy?.content ?? '') as Proxy[];
const nodes = Object.keys(compose.services).filter((name) =>
  compose.services[name]?.image.startsWith('nats:'),
);

/** Which port of this machine leads to which of a service's. */
const published = (service: string): Map<number, number> =>
  new Map(
    (compose.services[service]?.ports ?? []).flatMap((text) => {
      const [, outer = '', inner = ''] = text.split(':');
      const [[from = 0, to = from], [first = 0]] = [outer, inner].map((range) =>
        range.split('-').map(Number),
      ) as [number[], number[]];
      return Array.from({ length: to - from + 1 }, (_, i) => [from + i, first + i] as const);
    }),
  );

const hasCompose = await promisify(execFile)('docker', ['compose', 'version']).then(
  () => true,
  () => false,
);

describe('docker-compose.yml', () => {
  it.each(nodes)(
    'lets %s dial every other through a proxy of its own, and tells nobody its address',
    (node) => {
      const config = compose.configs[compose.services[node]?.configs[0]?.source ?? '']?.content ?? '';
      expect(config).toContain(`server_name: ${node}\n`);
      const dialled = [...config.matchAll(/nats:\/\/toxiproxy:(\d+)/g)].map(([, port]) => Number(port));
      const reached = dialled.map((port) => proxies.find(({ listen }) => listen === `0.0.0.0:${port}`));
      const others = nodes.filter((other) => other !== node);
      expect(reached.map((proxy) => proxy?.name)).toEqual(others.map((other) => `${node}-to-${other}`));
      expect(reached.map((proxy) => proxy?.upstream)).toEqual(others.map((other) => `${other}:6222`));
      for (const line of ['advertise: "127.0.0.1:1"', 'no_advertise: true', 'pool_size: -1']) {
        expect(config).toContain(`${line}\n`);
      }
    },
  );

  it('is the cluster of scenarios/chaos/compose.yaml', () => {
    const plan = planScenario({ file: `${root}scenarios/chaos/compose.yaml`, sets: [] });
    const given = (plan.cluster.params as unknown as ExternalClusterParams).nodes ?? [];
    expect(given.map(({ name }) => name)).toEqual(nodes);
    for (const { name, url, 'monitor-url': monitor, container, toxiproxy } of given) {
      expect(container).toBe(`${compose.name}-${name}-1`);
      expect(published(name).get(url.port)).toBe(4222);
      expect(published(name).get(Number(new URL(monitor ?? '').port))).toBe(8222);
      expect(published('toxiproxy').get(Number(new URL(toxiproxy?.url ?? '').port))).toBe(8474);
      const { proxy, url: door } = toxiproxy?.client ?? {};
      const listen = `0.0.0.0:${published('toxiproxy').get(door?.port ?? 0)}`;
      expect(proxies).toContainEqual({ name: proxy, listen, upstream: `${name}:4222`, enabled: true });
      for (const [other, route] of Object.entries(toxiproxy?.routes ?? {})) {
        expect(route).toBe(`${name}-to-${other}`);
        expect(proxies.map((each) => each.name)).toContain(route);
      }
    }
  });

  it.skipIf(!hasCompose)(
    `is valid to Docker Compose${hasCompose ? '' : ' (skipped: it is not installed)'}`,
    async () => {
      const args = ['compose', '-f', `${root}docker-compose.yml`, 'config', '-q'];
      await promisify(execFile)('docker', args);
    },
  );
});
