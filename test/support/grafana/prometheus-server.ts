import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { AlertServer } from '../../../src/alerts/alert-server.js';
import { requireSystemTools } from '../../../src/processes/tools/system-tool.js';
import { leaseTestPorts } from '../test-ports.js';

export interface PrometheusOptions {
  /** `http://127.0.0.1:9091/metrics`; absent: it scrapes nothing. */
  readonly metricsUrl?: string;
  /** The shipped rules, evaluated each second and without waiting; absent: none. */
  readonly rulesFolder?: string;
  /** What is in the store already. */
  readonly storage?: string;
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Record<string, unknown>[] }[];
}

/** A real Prometheus that scrapes each second; `await using` ends it and removes what it wrote. */
export interface TestPrometheus extends AsyncDisposable {
  readonly url: string;
}

export const SCRAPE_SECONDS = 1;

export async function startTestPrometheus(options: PrometheusOptions): Promise<TestPrometheus> {
  const { prometheus } = await requireSystemTools({ prometheus: { path: process.env.PATH ?? '' } });
  const place = mkdtempSync(join(tmpdir(), 'stormglass-prometheus-'));
  const ports = await leaseTestPorts(1);
  const url = `http://127.0.0.1:${ports.ports[0]}`;
  writeFileSync(join(place, 'prometheus.yml'), stringify(configuration(options, place)));
  const stop = new AbortController();
  try {
    const server = await AlertServer.start({
      name: 'Prometheus',
      program: prometheus.path,
      url,
      logFile: join(place, 'prometheus.log'),
      mark: `test-${process.pid}`,
      signal: stop.signal,
      onEnd: () => {},
      args: [
        `--config.file=${join(place, 'prometheus.yml')}`,
        `--storage.tsdb.path=${options.storage ?? join(place, 'data')}`,
        '--storage.tsdb.retention.time=10y',
        `--web.listen-address=127.0.0.1:${ports.ports[0]}`,
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
    });
    return {
      url,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        ports[Symbol.dispose]();
        rmSync(place, { recursive: true, force: true });
      },
    };
  } catch (error) {
    ports[Symbol.dispose]();
    rmSync(place, { recursive: true, force: true });
    throw error;
  }
}

function configuration({ metricsUrl, rulesFolder }: PrometheusOptions, place: string): object {
  const interval = `${SCRAPE_SECONDS}s`;
  const page = metricsUrl === undefined ? undefined : new URL(metricsUrl);
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    ...(rulesFolder !== undefined && { rule_files: hurriedRules(rulesFolder, place) }),
    ...(page && {
      scrape_configs: [
        {
          job_name: 'stormglass-monitor',
          metrics_path: page.pathname,
          static_configs: [{ targets: [page.host] }],
        },
      ],
    }),
  };
}

/** The shipped expressions as they are, looked at each second: a run is too short for groups of a minute or an hour. */
function hurriedRules(rulesFolder: string, place: string): string[] {
  const folder = join(place, 'rules');
  mkdirSync(folder);
  const names = readdirSync(rulesFolder).filter((name) => name.endsWith('.yaml'));
  for (const name of names) {
    const { groups } = parse(readFileSync(join(rulesFolder, name), 'utf8')) as RuleFile;
    const hurried = groups.map((group) => ({
      ...group,
      interval: `${SCRAPE_SECONDS}s`,
      rules: group.rules.map(({ for: _for, ...rule }) => rule),
    }));
    writeFileSync(join(folder, name), stringify({ groups: hurried }));
  }
  return [join(folder, '*.yaml')];
}
