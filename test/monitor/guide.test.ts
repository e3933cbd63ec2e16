import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_METRICS } from '../../src/monitor/catalog/event-metrics.js';

describe('the guide to monitoring', () => {
  it('names exactly the metrics of events that the catalog has', () => {
    const guide = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
    const documented = new Set([...guide.matchAll(/^\| `(cim_\w+)` \|/gm)].map(([, name]) => name));
    expect(EVENT_METRICS.map(({ name }) => name).filter((name) => !documented.has(name))).toEqual([]);
  });
});
