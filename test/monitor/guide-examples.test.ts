import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { MONITOR_SECTIONS } from '../../src/app/plugins.js';
import { waitFor } from '../../src/base/wait.js';
import { GPU_METRICS } from '../../src/monitor/catalog/gpu-metrics.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { parseMonitorConfig } from '../../src/scenario/resolve-monitor.js';
import { exampleOf, examplesOf, readGuide } from '../support/guide.js';
import { startTestServer } from '../support/nats-server.js';
import { needs, promtool } from '../support/prometheus-tools.js';
import { monitorTask, UNHEARD } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

describe('the example of GPUs in the guide', () => {
  it('gives every metric of GPUs its value, from the events that it names', async () => {
    await using server = await startTestServer();
    const plan = parseMonitorConfig(exampleOf('### GPUs', 'yaml'), 'guide', MONITOR_SECTIONS);
    await using monitor = await startMonitorService(
      monitorTask(server.access, { ...plan, port: 0 }),
      UNHEARD,
    );
    const event = exampleOf('### GPUs', 'json');
    const nc = await connect({ servers: `127.0.0.1:${server.port}` });
    nc.publish('cim.events.gpu.GpuSampled', event);
    nc.publish(
      'cim.events.gpu.GpuSampled',
      JSON.stringify({ ...JSON.parse(event), index: '1', allocation_failures: 0 }),
    );
    nc.publish('cim.events.gpu.GpuSampled', JSON.stringify({ ...JSON.parse(event), allocation_failures: 5 }));
    nc.publish('cim.events.gpu.GpuLost', JSON.stringify({ ...JSON.parse(event), index: '1' }));
    await nc.drain();

    const device = { node: 'node-7', gpu: '0', vendor: 'nvidia', model: 'H100' };
    const page = async () => parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
    await waitFor(async () => sampleValue(await page(), 'cim_gpu_up', { ...device, gpu: '1' }) === 0, {
      timeoutMs: 30_000,
    });
    const samples = await page();
    const values = GPU_METRICS.map(({ name }) => [name, sampleValue(samples, name, device)]);
    expect(Object.fromEntries(values)).toEqual({
      cim_gpu_up: 1,
      cim_gpu_utilization_ratio: expect.closeTo(0.93),
      cim_gpu_memory_used_bytes: 61440 * 2 ** 20,
      cim_gpu_memory_total_bytes: 81559 * 2 ** 20,
      cim_gpu_temperature_celsius: 64,
      cim_gpu_power_watts: 512.5,
      cim_gpu_allocation_failures_total: 5,
    });
    expect(samples.filter(({ name, value }) => name === 'cim_event_errors_total' && value > 0)).toEqual([]);
  });
});

describe('a configuration in the guide', () => {
  const examples = [...readGuide('monitoring.md').matchAll(/^```yaml\n(.*?)^```/gms)].map(
    ([, text]) => text!,
  );

  it.each(examples)('is one that the monitor takes: %s', (text) => {
    expect(parseMonitorConfig(text, 'guide', MONITOR_SECTIONS)).toMatchObject({ subject: 'cim.events.>' });
  });
});

describe('the example of an alert in the guide', () => {
  it.skipIf(promtool === undefined)(
    `fires, is quiet below and resolves, as its own tests say${needs(promtool, 'promtool')}`,
    () => {
      const [rule, tests] = examplesOf('### An alert', 'yaml').map((text) => parse(text));
      const place = mkdtempSync(join(tmpdir(), 'stormglass-guide-'));
      try {
        const groups = [{ name: 'business', rules: rule }];
        writeFileSync(join(place, 'rules.yaml'), stringify({ groups }));
        const file = join(place, 'tests.yaml');
        writeFileSync(file, stringify({ rule_files: ['rules.yaml'], evaluation_interval: '15s', tests }));
        const said = execFileSync(promtool as string, ['test', 'rules', file], { encoding: 'utf8' });
        expect(said).toContain('SUCCESS');
        expect(tests).toHaveLength(2);
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    },
  );
});

describe('an event whose subject ends before the type', () => {
  it('is one of its domain without a type, as the guide says', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(monitorTask(server.access), UNHEARD);
    const nc = await connect({ servers: `127.0.0.1:${server.port}` });
    nc.publish('cim.events.orders', '{}');
    await nc.drain();
    const count = async () => {
      const page = parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
      return sampleValue(page, 'cim_events_total', { domain: 'orders', type: '' });
    };
    await waitFor(async () => (await count()) === 1, { timeoutMs: 30_000 });
    expect(await count()).toBe(1);
  });
});
