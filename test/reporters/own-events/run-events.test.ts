import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import type { JournalEvent, JournalEventType } from '../../../src/contracts/journal.js';
import type { IntervalReport } from '../../../src/contracts/load.js';
import type { OwnEvent } from '../../../src/contracts/own-event.js';
import type { RunStart } from '../../../src/contracts/reporter.js';
import type { RunResult } from '../../../src/contracts/run-result.js';
import { LatencyHistogram } from '../../../src/metrics/latency-histogram.js';
import { createRunEventsReporter } from '../../../src/reporters/own-events/run-events.js';

async function started({ ownEvents = true } = {}) {
  const said: OwnEvent[] = [];
  let sent = 0;
  const reporter = createRunEventsReporter({
    sink: { publish: (event) => said.push(event) },
    sent: async () => {
      sent++;
    },
  });
  await reporter.onStart?.({ runId: 'r1', plan: { monitor: { ownEvents } } } as unknown as RunStart);
  return {
    reporter,
    said,
    sent: () => sent,
    tell: (type: JournalEventType, details: Record<string, unknown> = {}) =>
      reporter.onEvent?.({ time: '2026-01-01T00:00:00.000Z', t: 1.5, type, ...details } as JournalEvent),
    of: (type: string) => said.filter((event) => event.type === type).map(({ fields }) => fields),
  };
}

const report = (startNs: number, ok: number, latencyNs: number): IntervalReport => {
  const latency = new LatencyHistogram();
  for (let i = 0; i < ok; i++) latency.record(latencyNs);
  return {
    load: 'orders',
    worker: 0,
    startNs,
    endNs: startNs + NS.s,
    phases: [
      {
        phase: 'steady',
        counters: { due: ok + 1, sent: ok + 1, ok, failed: 1 },
        histograms: { ack_latency: latency.takeSnapshot() },
      },
    ],
    troubles: [],
    pending: 0,
  };
};

describe('a run, as events', () => {
  it('says each line of its journal with its time, its run and all that is a value', async () => {
    const run = await started();
    run.tell('run-started', { run: 'r1', scenario: 'smoke', seed: 42 });
    run.tell('fault-injected', { fault: 'f1', kind: 'node-kill', targets: ['n1', 'n2'] });
    run.tell('fault-observed', {
      fault: 'f1',
      kind: 'node-kill',
      stage: 'during',
      holds: true,
      looks: [{ at: 'n1', saw: 'the process is down', holds: true }],
    });
    run.tell('condition', { fault: 'f2', condition: 'lag > 1s', saw: 'p99 = 2 s' });
    run.tell('election', { kind: 'STREAM.LEADER_ELECTED', stream: 'ORDERS', leader: 'n2' });

    expect(run.said.map(({ domain, type }) => `${domain}.${type}`)).toEqual([
      'stormglass.RunStarted',
      'stormglass.FaultInjected',
      'stormglass.FaultObserved',
      'stormglass.ConditionMet',
      'stormglass.ElectionSeen',
    ]);
    const always = { time: '2026-01-01T00:00:00.000Z', t: 1.5, run: 'r1' };
    expect(run.said[0]!.fields).toEqual({ ...always, scenario: 'smoke', seed: 42 });
    expect(run.said[1]!.fields).toEqual({ ...always, fault: 'f1', kind: 'node-kill', targets: 'n1, n2' });
    expect(run.said[2]!.fields).toMatchObject({ holds: true, saw: 'n1: the process is down' });
    expect(run.said[4]!.fields).toMatchObject({ stream: 'ORDERS', leader: 'n2' });
  });

  it('says of a fault that has ended how it did, and what still holds', async () => {
    const run = await started();
    for (const fault of ['f1', 'f2'])
      run.tell('fault-injected', { fault, kind: 'node-kill', targets: ['n1'] });
    run.tell('fault-reverted', { fault: 'f1', kind: 'node-kill', targets: ['n1'], holds: true });
    expect(run.of('FaultHolds')).toMatchObject([{ fault: 'f2', kind: 'node-kill', targets: 'n1' }]);
    expect(run.of('FaultsCounted')).toMatchObject([{ kind: 'node-kill', status: 'reverted', count: 1 }]);

    run.said.length = 0;
    run.tell('guard', { fault: 'f3', kind: 'reset', refused: true, text: 'it would break the quorum' });
    expect(run.of('FaultRefused')).toMatchObject([{ fault: 'f3', text: 'it would break the quorum' }]);
    expect(run.of('FaultsCounted')).toMatchObject([
      { kind: 'node-kill', status: 'reverted', count: 1 },
      { kind: 'reset', status: 'refused', count: 1 },
    ]);
  });

  it('goes on to say that a fault holds that could not be reverted, until it could', async () => {
    const run = await started();
    run.tell('fault-injected', { fault: 'f1', kind: 'node-pause', targets: ['n1'] });
    run.tell('fault-reverted', { fault: 'f1', kind: 'node-pause', targets: ['n1'], holds: false });
    expect(run.of('FaultHolds')).toHaveLength(1);
    run.said.length = 0;
    run.tell('fault-reverted', { fault: 'f1', kind: 'node-pause', targets: ['n1'], holds: true });
    expect(run.of('FaultHolds')).toHaveLength(0);
    expect(run.of('FaultsCounted')).toMatchObject([
      { status: 'unreverted', count: 1 },
      { status: 'reverted', count: 1 },
    ]);
  });

  it('says the seconds of a load with the sums so far, and its latency in seconds', async () => {
    const run = await started();
    run.reporter.onLoadStart?.(0);
    for (let second = 0; second < 4; second++) {
      run.reporter.onReport?.(report(second * NS.s, 10, 2 * NS.ms));
    }
    expect(run.of('LoadMeasured')).toMatchObject([
      { load: 'orders', t: 0, during: 'steady', due: 11, ok: 10, failed: 1, ok_total: 10 },
      { load: 'orders', t: 1, due: 11, ok: 10, ok_total: 20, due_total: 22, failed_total: 2 },
      { load: 'orders', t: 2, ok_total: 30 },
    ]);
    const [latency] = run.of('LatencyMeasured');
    expect(latency).toMatchObject({ load: 'orders', measure: 'ack_latency', count: 10 });
    for (const quantile of ['p50', 'p99', 'max']) expect(latency![quantile]).toBeCloseTo(0.002, 5);

    run.tell('phase', { phase: 'drain', what: 'begin' });
    run.tell('phase', { phase: 'drain', what: 'end', seconds: 1 });
    expect(run.of('LoadMeasured')).toHaveLength(4);
    expect(run.of('LoadMeasured').at(-1)).toMatchObject({ t: 3, ok_total: 40 });
  });

  it('ends with its verdict, and waits until that has gone out', async () => {
    const run = await started();
    const verdict = { exit: 'threshold', exitCode: 4, headline: 'p99 was 1 s' };
    await run.reporter.onEnd?.({ verdict } as unknown as RunResult);
    expect(run.of('RunEnded')).toMatchObject([
      { run: 'r1', exit: 'threshold', code: 4, headline: 'p99 was 1 s' },
    ]);
    expect(run.sent()).toBe(1);
  });

  it('says no secret', async () => {
    const run = await started();
    run.tell('guard', { fault: 'f1', token: 'hunter2', text: 'x' });
    expect(JSON.stringify(run.said)).not.toContain('hunter2');
  });

  it('says nothing where it is told to be silent', async () => {
    const run = await started({ ownEvents: false });
    run.tell('run-started', { scenario: 'smoke' });
    await run.reporter.onEnd?.({ verdict: {} } as unknown as RunResult);
    expect(run.said).toEqual([]);
  });
});
