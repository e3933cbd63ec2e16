import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readYaml, yamlFilesIn } from '../support/monitoring/shipped-rules.js';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly extra_hosts?: readonly string[];
  readonly profiles?: readonly string[];
}
interface RemoteWrite {
  readonly url: string;
  readonly write_relabel_configs: readonly {
    readonly source_labels: readonly string[];
    readonly regex: string;
    readonly action: string;
  }[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const watching = ['prometheus', 'alertmanager', 'grafana', 'victoriametrics', 'jaeger'];
const service = (name: string): Service => compose.services[name] as Service;
/** By name, `host.docker.internal` for what runs outside. */
const hostsOf = (urls: readonly string[]): string[] => urls.map((url) => new URL(url).hostname);
const isReached = (host: string, by: string): boolean =>
  host in compose.services ||
  host === '127.0.0.1' ||
  (host === 'host.docker.internal' &&
    (service(by).extra_hosts ?? []).includes('host.docker.internal:host-gateway'));
const targetsOf = (file: string): string[] =>
  (readYaml(file) as { targets: string[] }[]).flatMap(({ targets }) => targets);

describe('what watches, in docker-compose.yml', () => {
  it('starts only when it is asked for: the cluster alone needs none of it', () => {
    expect(watching.map((name) => service(name).profiles)).toEqual(watching.map(() => ['monitoring']));
  });

  it.each(watching)('mounts for %s only what is there', (name) => {
    for (const volume of service(name).volumes ?? []) {
      const [source = '', , mode] = volume.split(':');
      if (!source.startsWith('./')) {
        expect(compose.volumes).toHaveProperty(source);
        continue;
      }
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(mode, source).toBe('ro');
    }
  });

  it('keeps exemplars, and as much of the past as budgets of 30 days need', () => {
    const { command = [] } = service('prometheus');
    expect(command).toContain('--enable-feature=exemplar-storage');
    const days = /--storage\.tsdb\.retention\.time=(\d+)d/.exec(command.join(' '))?.[1];
    expect(Number(days)).toBeGreaterThanOrEqual(31);
  });

  it('has targets in its own files for every job that has some outside, and reaches each of them', () => {
    const outside = yamlFilesIn('targets').map((file) => file.replace('targets/', 'compose/targets/'));
    expect(yamlFilesIn('compose/targets')).toEqual(outside);
    const hosts = hostsOf(outside.flatMap(targetsOf).map((target) => `http://${target}`));
    expect(hosts.length).toBeGreaterThanOrEqual(3);
    expect(hosts.filter((host) => !isReached(host, 'prometheus'))).toEqual([]);
  });

  it('writes what is kept for long, and nothing else, to its VictoriaMetrics', () => {
    const { remote_write, ...rest } = readYaml('prometheus-long-term.yml') as { remote_write: RemoteWrite[] };
    expect(rest).toEqual(readYaml('prometheus.yml'));
    expect(hostsOf(remote_write.map(({ url }) => url))).toEqual(['victoriametrics']);
    const { groups } = readYaml('rules/long-term.yaml') as {
      groups: { rules: { labels: { resolution: string } }[] }[];
    };
    const kept = new Set(groups.flatMap(({ rules }) => rules.map(({ labels }) => labels.resolution)));
    expect(remote_write[0]?.write_relabel_configs).toEqual([
      { source_labels: ['resolution'], regex: [...kept].join('|'), action: 'keep' },
      { regex: 'runbooks', action: 'labeldrop' },
    ]);
  });

  it('lets Alertmanager reach receivers on the host, and Grafana what it shows', () => {
    const { receivers } = readYaml('compose/alertmanager.yml') as {
      receivers: { webhook_configs: { url: string }[] }[];
    };
    const webhooks = hostsOf(
      receivers.flatMap(({ webhook_configs }) => webhook_configs.map(({ url }) => url)),
    );
    expect(webhooks.filter((host) => host === '127.0.0.1' || !isReached(host, 'alertmanager'))).toEqual([]);
    const { datasources } = readYaml('grafana/provisioning/datasources/datasources.yaml') as {
      datasources: { url: string }[];
    };
    expect(hostsOf(datasources.map(({ url }) => url)).sort()).toEqual([
      'jaeger',
      'prometheus',
      'victoriametrics',
    ]);
  });
});
