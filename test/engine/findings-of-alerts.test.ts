import { describe, expect, it } from 'vitest';
import type { AlertResult, AlertsResult } from '../../src/contracts/alert.js';
import { alertFindings } from '../../src/engine/alert-findings.js';

const result = (verdict: AlertResult['verdict'], after = 'fault-1'): AlertResult => ({
  expectation: { alert: 'NatsNodeDown', labels: {}, after, withinNs: 10e9 },
  verdict,
  detail: 'as it was',
});

const alerts = (more: Partial<AlertsResult>): AlertsResult => ({
  factor: 30,
  only: true,
  times: { scrapeNs: 1, evaluationNs: 1, groupWaitNs: 1, groupIntervalNs: 1 },
  versions: { prometheus: '2.42.0', alertmanager: '0.25.0' },
  results: [],
  fired: [],
  unexpected: [],
  ...more,
});

const FAULTS = [
  { id: 'fault-1', kind: 'node-kill', injectedNs: 5 },
  { id: 'fault-2', kind: 'partition', injectedNs: 0 },
];
const found = (more: Partial<AlertsResult>) => alertFindings(alerts(more), FAULTS);

describe('what alerts say of a run', () => {
  it('is nothing where none was expected, or all came', () => {
    expect(alertFindings(undefined, FAULTS)).toEqual([]);
    expect(found({ results: [result('met')] })).toEqual([]);
  });

  it('is that an expectation was missed, where an alert was, or one came that nobody expected', () => {
    expect(found({ results: [result('missed')], unexpected: ['MonitorDown fired at 3.0 s'] })).toEqual([
      { exit: 'expectation', text: 'alert NatsNodeDown after fault-1 (node-kill): as it was' },
      { exit: 'expectation', text: 'an alert that nobody expected: MonitorDown fired at 3.0 s' },
    ]);
  });

  it('is that nobody knows, where it could not be looked', () => {
    expect(found({ results: [result('unknown')], blind: 'Prometheus ended' })).toEqual([
      {
        exit: 'inconclusive',
        text: 'alert NatsNodeDown after fault-1 (node-kill): as it was (Prometheus ended)',
      },
    ]);
    // What was met before was met; whether another page fired afterwards nobody knows.
    expect(found({ results: [result('met')], blind: 'Prometheus ended' })).toMatchObject([
      { exit: 'inconclusive' },
    ]);
  });

  it('is nothing of a fault that was not made, which is a finding of its own', () => {
    expect(found({ results: [result('unknown', 'fault-2')] })).toEqual([]);
  });
});
