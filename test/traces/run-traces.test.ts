import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nowNs } from '../../src/base/clock.js';
import type { JournalEvent, JournalEventType } from '../../src/contracts/journal.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { Span } from '../../src/contracts/trace.js';
import { openRunTraces } from '../../src/traces/open-run-traces.js';
import { SlowestTraces } from '../../src/traces/slowest-traces.js';

const directory = mkdtempSync(join(tmpdir(), 'stormglass-traces-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly events?: readonly { readonly name: string }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
  readonly status?: { readonly code: number; readonly message: string };
}

/** A run's traces, with a journal that the test writes. */
function open(beginners: readonly LoadPlan[] = []) {
  const file = join(directory, `traces-${files++}.ndjson`);
  let listener: ((event: JournalEvent) => void) | undefined;
  const traces = openRunTraces({
    plan: { sampleEvery: 1, maxSpansPerSec: 800 },
    beginners,
    file,
    version: '1.2.3',
    attributes: { 'stormglass.run': 'r1' },
    listen: (each) => {
      listener = each;
      return () => {
        listener = undefined;
      };
    },
  });
  const write = (type: JournalEventType, details: Record<string, unknown> = {}) =>
    listener?.({ time: '2026-11-22T00:00:00.000Z', type, ...details });
  const spans = (): OtlpSpan[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap(
        (line) =>
          (JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }).resourceSpans,
      )
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap((scope) => scope.spans);
  return { traces, write, spans };
}

const event = (n: number, startNs: number, endNs: number, more: Partial<Span> = {}): Span => ({
  traceId: n.toString(16).padStart(32, 'a'),
  spanId: n.toString(16).padStart(16, 'b'),
  service: 'stormglass-orders',
  name: 'publish',
  kind: 'producer',
  startNs,
  endNs,
  attributes: { 'stormglass.load': 'orders', 'messaging.destination.name': 'cim.events.orders.Placed' },
  ...more,
});

describe('the traces of a run', () => {
  it('are the run, in it its phases, in the load its faults with what became of them', async () => {
    const { traces, write, spans } = open();
    write('phase', { phase: 'preflight', what: 'begin' });
    write('phase', { phase: 'preflight', what: 'end', seconds: 0 });
    write('phase', { phase: 'load', what: 'begin' });
    write('fault-recorded', { fault: 'fault-1', kind: 'node-kill', targets: ['n1'] });
    write('fault-injected', { fault: 'fault-1', kind: 'node-kill', targets: ['n1'] });
    write('fault-observed', { fault: 'fault-1', kind: 'node-kill', stage: 'during' });
    write('election', { stream: 'ORDERS', leader: 'n2' });
    write('fault-reverted', { fault: 'fault-1', kind: 'node-kill', targets: ['n1'] });
    write('phase', { phase: 'load', what: 'end', seconds: 1, error: ['it broke'] });
    const result = await traces.end();

    const all = spans();
    const by = (name: string) => all.find((span) => span.name === name) as OtlpSpan;
    expect(all.map(({ name }) => name)).toEqual(['preflight', 'fault', 'load', 'run']);
    expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([result.runTraceId]));
    expect(result.runTraceId).toMatch(/^[0-9a-f]{32}$/);
    for (const { spanId } of all) expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(by('run').parentSpanId).toBeUndefined();
    expect(by('preflight').parentSpanId).toBe(by('run').spanId);
    expect(by('load').parentSpanId).toBe(by('run').spanId);
    expect(by('fault').parentSpanId).toBe(by('load').spanId);
    expect(by('fault').events?.map(({ name }) => name)).toEqual([
      'recorded',
      'injected',
      'observed',
      'reverted',
    ]);
    expect(by('run').events?.map(({ name }) => name)).toEqual(['election']);
    expect(by('load').status).toEqual({ code: 2, message: 'it broke' });
    for (const span of all) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
    expect(result.spans).toBe(4);
  });

  it('link each event to the faults that held meanwhile, and to the run where it begins a trace', async () => {
    const { traces, write, spans } = open();
    const beforeNs = nowNs();
    write('fault-injected', { fault: 'fault-1', kind: 'node-kill', targets: ['n1'] });
    const duringNs = nowNs();
    write('fault-reverted', { fault: 'fault-1', kind: 'node-kill', targets: ['n1'] });
    const afterNs = nowNs();
    traces.add({
      spans: [
        event(1, beforeNs - 2000, beforeNs - 1000),
        event(2, beforeNs - 2000, afterNs),
        event(3, duringNs, duringNs + 1, { parentId: 'cccccccccccccccc' }),
        event(4, afterNs, afterNs + 9),
      ],
      skipped: 2,
      heldBack: 7,
      malformed: 1,
      malformedText: 'what',
    });
    const result = await traces.end();
    const fault = spans().find(({ name }) => name === 'fault') as OtlpSpan;
    const run = spans().find(({ name }) => name === 'run') as OtlpSpan;
    const links = spans()
      .filter(({ name }) => name === 'publish')
      .map((span) => span.links?.map(({ spanId }) => spanId));
    expect(links).toEqual([[run.spanId], [run.spanId, fault.spanId], [fault.spanId], [run.spanId]]);
    expect(result).toMatchObject({
      sampleEvery: 1,
      traces: 3,
      heldBack: 7,
      skipped: 2,
      malformed: 1,
      undelivered: 0,
    });
    expect(result.slowest[0]).toMatchObject({
      traceId: event(2, 0, 0).traceId,
      what: 'publish',
      subject: 'cim.events.orders.Placed',
      load: 'orders',
      faults: ['fault-1'],
      durationNs: afterNs - beforeNs + 2000,
    });
    expect(result.troubles.map(({ text, count }) => `${count} ${text}`)).toEqual([
      '1 a traceparent that is none, such as "what"',
      '2 spans not recorded: more than traces.max-spans a second',
    ]);
  });

  it('are no more than the scenario lets be recorded, however many threads receive what one has begun', async () => {
    const { traces, spans } = open();
    const of = (thread: number) =>
      Array.from({ length: 800 }, (_, i) => event(800 * thread + i + 1, i, i + 5));
    for (let thread = 0; thread < 100; thread++)
      traces.add({ spans: of(thread), skipped: 0, heldBack: 0, malformed: 0 });
    const result = await traces.end();
    expect(spans()).toHaveLength(result.spans);
    // Those of three seconds, and of as long as this test takes; one is the run's own.
    expect(result.spans).toBeGreaterThan(2400);
    expect(result.spans).toBeLessThan(80_000);
    expect(result.skipped).toBe(80_001 - result.spans);
  });

  it('are begun by loads that begin some, each thread as many as its load needs; who only receives begins none', () => {
    const load = (name: string, workers: number, schedule: LoadPlan['schedule']): LoadPlan => ({
      ...{ name, kind: 'publish', domains: ['orders'], atNs: 0, warmUpNs: 0, params: {} },
      ...{ workers, schedule },
    });
    const stages = [{ fromPerSec: 5, toPerSec: 5, durationNs: 1e9 }];
    const { traces } = open([
      load('rare', 1, { mode: 'open', unit: 'operations', arrival: { kind: 'constant' }, stages }),
      load('busy', 3, { mode: 'max', durationNs: 1e9 }),
    ]);
    const begins = ['rare', 'busy', 'consumer'].map((name) => traces.taskFor(name).beginsPerSec);
    // A hundred traces of eight spans each.
    expect(begins).toEqual([10, 30, 0]);
    expect(traces.taskFor()).toEqual({ sampleEvery: 1, beginsPerSec: 0, maxSpansPerSec: 800 });
    traces.abandon();
  });

  it('are on the disk when a batch has been taken: a run that is killed leaves them', () => {
    const { traces, spans } = open();
    traces.add({ spans: [event(1, 0, 5), event(2, 1, 6)], skipped: 0, heldBack: 0, malformed: 0 });
    expect(
      spans().map(({ startTimeUnixNano, endTimeUnixNano }) =>
        Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)),
      ),
    ).toEqual([5, 5]);
    traces.abandon();
  });
});

describe('the slowest traces', () => {
  it('are told from their first beginning to their last end, whatever order their spans come in', () => {
    const slowest = new SlowestTraces();
    slowest.add(
      event(1, 100, 200, { parentId: 'cccccccccccccccc', name: 'receive', spanId: 'dddddddddddddddd' }),
    );
    slowest.add(event(2, 100, 150));
    slowest.add(event(1, 90, 110, { error: 'refused' }));
    expect(slowest.list(() => [])).toMatchObject([
      { traceId: event(1, 0, 0).traceId, what: 'publish', durationNs: 110, startNs: 90, error: 'refused' },
      { traceId: event(2, 0, 0).traceId, durationNs: 50 },
    ]);
  });

  it('are found among any number, in bounded memory', () => {
    const slowest = new SlowestTraces(100);
    // The n-th takes as long as its number, scattered.
    for (let i = 0; i < 5000; i++) {
      const n = (i * 1237) % 5000;
      slowest.add(event(n + 1, 0, n));
    }
    expect(slowest.list(() => []).map(({ durationNs }) => durationNs)).toEqual(
      Array.from({ length: 10 }, (_, i) => 4999 - i),
    );
  });
});
