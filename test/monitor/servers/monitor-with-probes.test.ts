import { describe, expect, it } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { startMonitorService } from '../../../src/monitor/monitor-service.js';
import { startTestServer } from '../../support/nats-server.js';
import { monitorTask, UNHEARD } from '../monitor-task.js';
import { parsePrometheusText, type Sample, sampleValue } from '../prometheus-text.js';

describe('a monitor that asks servers', () => {
  it('shows them on its page and counts what it says of them, while there is a server and when there is none', async () => {
    await using server = await startTestServer({ jetstream: true, config: { server_name: 'solo' } });
    const servers = { targets: [{ monitorUrl: server.monitorUrl }], hurry: 20 };
    await using monitor = await startMonitorService(monitorTask(server.access, {}, { servers }), UNHEARD);
    let samples: Sample[] = [];
    const seen = (look: () => boolean) =>
      waitFor(
        async () => {
          samples = parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
          return look();
        },
        { timeoutMs: 60_000 },
      );
    const up = () => sampleValue(samples, 'cim_nats_up', { server: 'solo' });
    const told = (type: string) => sampleValue(samples, 'cim_events_total', { domain: 'nats', type });
    expect(await seen(() => up() === 1 && (told('ServerProbed') ?? 0) > 1)).toBe(true);
    expect(sampleValue(samples, 'gnatsd_varz_connections', { server_id: 'solo' })).toBeGreaterThan(0);
    await server.stop('SIGKILL');
    // A busy machine may have had it look down before.
    expect(await seen(() => up() === 0 && (told('ServerDown') ?? 0) > 0)).toBe(true);
    const page = await fetch(monitor.metricsUrl, {
      headers: { accept: 'application/openmetrics-text; version=1.0.0' },
    });
    const text = await page.text();
    expect(page.headers.get('content-type')).toContain('openmetrics');
    expect(text.trimEnd().endsWith('# EOF')).toBe(true);
    expect(text).toContain('cim_nats_up{server="solo"} 0');
  });

  it('asks nobody where another of several monitors does', async () => {
    await using server = await startTestServer();
    const servers = { targets: [{ monitorUrl: server.monitorUrl }], hurry: 20 };
    const started = await Promise.all(
      [0, 1].map((index) =>
        startMonitorService(
          monitorTask(server.access, { partition: { index, of: 2 } }, { servers }),
          UNHEARD,
        ),
      ),
    );
    try {
      // Whoever asks says of each server how old its figures are, from the beginning on.
      const pages = await Promise.all(
        started.map(async ({ metricsUrl }) => (await fetch(metricsUrl)).text()),
      );
      expect(pages.filter((page) => page.includes('cim_nats_probe_age_seconds{'))).toHaveLength(1);
    } finally {
      for (const monitor of started) await monitor[Symbol.asyncDispose]();
    }
  });
});
