import { describe, expect, it } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { startTestServer } from '../../support/nats-server.js';
import { groupBy, ofType, runAgents } from './agents-under-test.js';

describe('worker agents', () => {
  it('answer every command with a result, on subjects of their own, after the time of the work', async () => {
    await using server = await startTestServer();
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 1,
      required: {
        agents: 20,
        behavior: 'worker',
        every: '1s',
        commands: '300/s',
        work: '20ms',
        ramp: '0s',
        connections: 2,
      },
    });
    const [load] = loads;
    const commands = ofType(seen, 'Command');
    const results = ofType(seen, 'Result');
    expect(commands.length).toBeGreaterThan(295);
    const byToken = new Map(results.map((result) => [result.body.token, result]));
    for (const { body, subject, dueUs } of commands) {
      const result = byToken.get(body.token);
      expect(subject).toMatch(
        new RegExp(`^cim\\.events\\.agents\\.Command\\.orders\\.0000[01]\\.${body.agent}$`),
      );
      expect(result?.subject).toBe(subject.replace('Command', 'Result'));
      expect(result!.dueUs - dueUs).toBeGreaterThanOrEqual(20_000);
    }
    // One after the other: what an agent works on, it has for twenty milliseconds.
    for (const own of groupBy(results, ({ body }) => body.agent!).values()) {
      const dueUs = own.map((result) => result.dueUs).sort((a, b) => a - b);
      for (let i = 1; i < dueUs.length; i++) expect(dueUs[i]! - dueUs[i - 1]!).toBeGreaterThanOrEqual(19_999);
    }
    expect(load!.histogram('ack_latency').total).toBe(commands.length);
    expect(load!.histogram('ack_latency').snapshot().min).toBeGreaterThanOrEqual(20e6);
    expect(load!.count('ok')).toBe(seen.length);
  });
});

describe('workflow agents', () => {
  it('run one workflow after the other, each with its own correlation, to completion or failure', async () => {
    await using server = await startTestServer();
    const { seen } = await runAgents({
      access: server.access,
      seconds: 1.5,
      required: {
        agents: 100,
        behavior: 'workflow',
        every: '50ms',
        steps: 4,
        think: '2ms..10ms',
        fails: '30%',
        ramp: '0s',
      },
    });
    const workflows = [...groupBy(seen, ({ body }) => body.correlation!).values()];
    expect(workflows.length).toBeGreaterThan(1000);
    const ended = workflows
      .map((events) => events.sort((a, b) => Number(a.body.number) - Number(b.body.number)))
      .filter((events) => /^Workflow(Completed|Failed)$/.test(events.at(-1)!.type));
    for (const events of ended) {
      const types = events.map(({ type }) => type.slice('Workflow'.length));
      expect(types.join(' ')).toMatch(
        /^Started (StepCompleted StepCompleted StepCompleted StepCompleted Completed|(StepCompleted ){0,3}Failed)$/,
      );
      expect(events.map(({ body }) => Number(body.number))).toEqual(events.map((_, i) => i));
      expect(new Set(events.map(({ body }) => body.agent)).size).toBe(1);
    }
    const failed = ended.filter((events) => events.at(-1)!.type === 'WorkflowFailed').length;
    expect(failed / ended.length).toBeGreaterThan(0.25);
    expect(failed / ended.length).toBeLessThan(0.35);
    // All but the last of each agent have come to an end.
    expect(workflows.length - ended.length).toBeLessThanOrEqual(100);
  });
});

describe('conversing agents', () => {
  it('ask and answer in turns, across workers, and each turn is measured', async () => {
    await using server = await startTestServer();
    const options = {
      access: server.access,
      seconds: 600,
      workers: 2,
      required: {
        agents: 50,
        behavior: 'conversation',
        every: '100ms',
        turns: 3,
        think: '1ms..5ms',
        ramp: '0s',
      },
    };
    // How many turns there are in a time is the machine's.
    const { loads, seen } = await runAgents(options, async (running) => {
      await waitFor(() => running.every((load) => load.histogram('ack_latency').total > 300), {
        timeoutMs: 60_000,
      });
      for (const load of running) load.stop();
    });
    const questions = ofType(seen, 'Question');
    const answers = ofType(seen, 'Answer');
    expect(questions.length).toBeGreaterThan(500);
    expect(answers).toHaveLength(questions.length);
    // A question goes to the one who is asked, the answer to the one who asked.
    const pairs = (from: 'from' | 'agent', to: 'from' | 'agent') => (each: (typeof seen)[number]) =>
      `${each.body[from]} ${each.body[to]} ${each.body.token}`;
    expect(answers.map(pairs('agent', 'from')).sort()).toEqual(questions.map(pairs('from', 'agent')).sort());
    for (const { body } of questions) expect(body.from).not.toBe(body.agent);
    const crossing = questions.filter(({ body }) => (Number(body.from) + Number(body.agent)) % 2 === 1);
    expect(crossing.length).toBeGreaterThan(questions.length / 4);
    const acknowledged = loads.reduce((sum, load) => sum + load.histogram('ack_latency').total, 0);
    expect(acknowledged).toBe(questions.length);
    expect(loads.reduce((sum, load) => sum + load.count('unknown'), 0)).toBe(0);
    // Three in a row to the same partner.
    const ofOne = questions
      .filter(({ body }) => body.from === questions[0]!.body.from)
      .sort((a, b) => a.dueUs - b.dueUs)
      .map(({ body }) => body.agent);
    for (let i = 0; i + 3 <= ofOne.length; i += 3) expect(new Set(ofOne.slice(i, i + 3)).size).toBe(1);
  });
});
