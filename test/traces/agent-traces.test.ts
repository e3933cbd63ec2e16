import { describe, expect, it } from 'vitest';
import type { Span, TraceTask } from '../../src/contracts/trace.js';
import { type AgentTrace, AgentTraces } from '../../src/generators/agents/agent-traces.js';
import { EventTracer } from '../../src/generators/event-tracer.js';
import { SpanRecorder } from '../../src/traces/span-recorder.js';
import { agents } from '../generators/agents/agents-under-test.js';
import { startTestServer } from '../support/nats-server.js';

const EVERY: TraceTask = { sampleEvery: 1, beginsPerSec: 1e6, maxSpansPerSec: 1e6 };

async function spansOf(required: Readonly<Record<string, unknown>>): Promise<readonly Span[]> {
  await using server = await startTestServer();
  const load = agents({ access: server.access, seconds: 1.5, required, trace: EVERY });
  await load.ready();
  await load.start();
  await load.finished();
  expect(load.spanReports.reduce((sum, { skipped, malformed }) => sum + skipped + malformed, 0)).toBe(0);
  return load.spanReports.flatMap(({ spans }) => spans);
}

/** The spans of each trace, by name, with who is whose child. */
function traces(spans: readonly Span[]): Map<string, readonly Span[]> {
  const byTrace = new Map<string, Span[]>();
  for (const span of spans) byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span]);
  return byTrace;
}

const path = (span: Span, among: readonly Span[]): string => {
  const parent = among.find(({ spanId }) => spanId === span.parentId);
  return parent ? `${path(parent, among)} > ${span.name}` : span.name;
};

describe('agents that are traced', () => {
  it('are told a command, work on it and answer: one trace, from the command to its result', async () => {
    const spans = await spansOf({
      behavior: 'worker',
      agents: 4,
      every: '10s',
      commands: '20/s',
      ramp: '100ms',
      work: '0ms..2ms',
    });
    // What is due need not wait until we are there: nothing begins before what it is a part of, however late we are.
    for (const trace of traces(spans).values()) {
      for (const span of trace) {
        const parent = trace.find(({ spanId }) => spanId === span.parentId);
        expect(span.startNs, path(span, trace)).toBeGreaterThanOrEqual(parent?.startNs ?? 0);
      }
    }
    const whole = [...traces(spans).values()].filter((each) => each.length === 6);
    expect(whole.length).toBeGreaterThan(10);
    for (const trace of whole) {
      expect(trace.map((span) => path(span, trace)).sort()).toEqual([
        'command',
        'command > publish',
        'command > publish > receive',
        'command > publish > receive > work',
        'command > publish > receive > work > publish',
        'command > publish > receive > work > publish > receive',
      ]);
      const [command, work] = ['command', 'work'].map(
        (name) => trace.find((span) => span.name === name) as Span,
      );
      expect(work!.endNs - work!.startNs).toBeGreaterThan(0);
      expect(command!.startNs).toBeLessThanOrEqual(work!.startNs);
      expect(command!.endNs).toBeGreaterThanOrEqual(work!.endNs);
      expect(command!.attributes['stormglass.load']).toBe('orders');
    }
  });

  it('are late, and their answer is due before they have read what they answer: it is a part of the work all the same', () => {
    const recorder = new SpanRecorder(EVERY, 'stormglass-fleet');
    const own = new AgentTraces(new EventTracer(recorder, 'fleet', 1));
    const letter = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
    own.took(3, 7, letter, 9_000_000);
    const answer = own.worked(3, 4_000_700) as AgentTrace;
    own.published(answer, 'cim.events.agents.Result.fleet', 7, 4_000_700, 9_500_000);
    const [work, published] = recorder.take()?.spans ?? [];
    expect(work).toMatchObject({
      name: 'work',
      ...letter,
      spanId: published?.parentId,
      parentId: letter.spanId,
    });
    expect([work?.startNs, published?.startNs]).toEqual([4_000_000, 4_000_000]);
  });

  it('do workflows step by step, and one that fails says so', async () => {
    const spans = await spansOf({
      behavior: 'workflow',
      agents: 10,
      every: '100ms',
      steps: 2,
      fails: '50%',
      ramp: '100ms',
      think: '5ms..10ms',
    });
    const workflows = spans.filter(({ name }) => name === 'workflow');
    const failed = workflows.filter(({ error }) => error !== undefined);
    expect(workflows.length).toBeGreaterThan(10);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(workflows.length);
    for (const workflow of workflows) {
      const steps = spans.filter(({ parentId }) => parentId === workflow.spanId);
      expect(steps.map(({ name }) => name)).toEqual(steps.map(() => 'publish'));
      const types = steps.map(
        ({ attributes }) => String(attributes['messaging.destination.name']).split('.')[3],
      );
      expect(types[0]).toBe('WorkflowStarted');
      expect(types.at(-1)).toBe(workflow.error ?? 'WorkflowCompleted');
    }
  });
});
