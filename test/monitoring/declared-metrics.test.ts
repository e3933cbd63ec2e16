import { describe, expect, it } from 'vitest';
import { catalogMetrics } from '../support/grafana/known-metrics.js';

const DECLARED = `
metrics:
  - name: refunds_total
    type: counter
    help: Refunds, by reason.
    from: { domain: refunds, type: Refunded }
    labels: { reason: reason }
  - name: refund_value_euros
    type: histogram
    help: What is refunded.
    from: { domain: refunds, type: Refunded }
    field: value
    buckets: [1, 10]
`;

describe("metrics of one's own", () => {
  it('are known to rules and dashboards as soon as monitoring/monitor.yaml declares them', () => {
    const known = catalogMetrics(DECLARED);
    expect(known.get('refunds_total')).toEqual(['reason']);
    expect(known.get('refund_value_euros_bucket')).toEqual(['le']);
    expect(known.get('refund_value_euros_sum')).toEqual([]);
    expect(known.has('refund_value_euros')).toBe(false);
    expect(known.get('cim_events_total')).toEqual(['domain', 'type']);
  });

  it('are refused as the monitor refuses them', () => {
    expect(() => catalogMetrics('metrics: [{ name: refunds }]')).toThrow(/help/);
  });
});
