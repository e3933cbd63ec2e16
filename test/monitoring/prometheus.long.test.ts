import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AlertServer } from '../../src/alerts/alert-server.js';
import { MONITORING, shippedRules } from '../support/monitoring/shipped-rules.js';
import { needs, prometheus, promtool } from '../support/prometheus-tools.js';
import { leaseTestPorts } from '../support/test-ports.js';

const configurations = ['prometheus.yml', 'prometheus-long-term.yml'];
const rulesSchema = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ health: z.string() })) })) }),
});
const targetsSchema = z.object({
  data: z.object({ activeTargets: z.array(z.object({ scrapePool: z.string() })) }),
});

describe('Prometheus with the shipped configuration', () => {
  it.skipIf(promtool === undefined).each(configurations)(
    `is sure of %s${needs(promtool, 'promtool')}`,
    (file) => {
      const said = execFileSync(promtool as string, ['check', 'config', join(MONITORING, file)], {
        encoding: 'utf8',
      });
      expect(said).toContain('is valid prometheus config file syntax');
    },
  );

  it.skipIf(prometheus === undefined).each(configurations)(
    `starts with %s though nobody answers: no monitor, no Alertmanager, no VictoriaMetrics${needs(prometheus, 'prometheus')}`,
    async (file) => {
      const place = mkdtempSync(join(tmpdir(), 'stormglass-prometheus-'));
      const ports = await leaseTestPorts(1);
      const url = `http://127.0.0.1:${ports.ports[0]}`;
      try {
        await using _server = await AlertServer.start({
          name: 'Prometheus',
          program: prometheus as string,
          url,
          logFile: join(place, 'prometheus.log'),
          mark: `test-${process.pid}`,
          signal: new AbortController().signal,
          onEnd: () => {},
          args: [
            `--config.file=${join(MONITORING, file)}`,
            `--storage.tsdb.path=${join(place, 'data')}`,
            `--web.listen-address=127.0.0.1:${ports.ports[0]}`,
            '--enable-feature=exemplar-storage',
            '--log.level=error',
          ],
        });
        const rules = rulesSchema.parse(await (await fetch(`${url}/api/v1/rules`)).json());
        expect(rules.data.groups.flatMap((group) => group.rules)).toHaveLength(shippedRules().length);
        const targets = targetsSchema.parse(await (await fetch(`${url}/api/v1/targets`)).json());
        const jobs = targets.data.activeTargets.map(({ scrapePool }) => scrapePool);
        for (const job of new Set(jobs))
          expect(['stormglass-monitor', 'alertmanager', 'prometheus']).toContain(job);
      } finally {
        ports[Symbol.dispose]();
        rmSync(place, { recursive: true, force: true });
      }
    },
  );
});
