import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EventCounter } from '../../src/monitor/event-counter.js';
import { metricsRegistry } from '../../src/monitor/metrics-page.js';

describe('the metrics page', () => {
  it('has exactly the metrics that its reference names', async () => {
    const plan = { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 };
    const counter = new EventCounter({ plan, writers: [] });
    const registry = metricsRegistry(counter, () => ({ connected: true, reconnects: 0, blindSeconds: 0 }));
    const served = [...(await registry.metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const reference = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
    const documented = [...reference.matchAll(/^\| `(cim_\w+)` \|/gm)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual(served.toSorted());
  });
});
