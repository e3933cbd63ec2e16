import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { waitFor } from '../../../src/base/wait.js';
import { monitoredAgentsSchema } from '../../../src/monitor/agents/agents-schema.js';
import { startMonitorService } from '../../../src/monitor/monitor-service.js';
import { agents } from '../../generators/agents/agents-under-test.js';
import { startTestServer } from '../../support/nats-server.js';
import { monitorTask, UNHEARD } from '../monitor-task.js';
import { parsePrometheusText, sampleValue } from '../prometheus-text.js';

const AGENTS = 40;
/** Who was heard at all is alive, however long a busy machine takes to look. */
const PATIENT = monitoredAgentsSchema.parse({ 'heartbeat-every': '10m' });
const WRITERS = { sagas: [0, 100], machines: [200, 300] } as const;

describe('the monitor of a load of agents', () => {
  it('knows of each workflow and each command what became of it, of two crowds with the same ids', async () => {
    await using server = await startTestServer();
    const writers = Object.entries(WRITERS).flatMap(([load, firsts]) =>
      firsts.flatMap((first) => Array.from({ length: 100 }, (_, i) => ({ writer: first + i, load }))),
    );
    await using monitor = await startMonitorService(
      monitorTask(server.access, { ownEvents: false, sections: { agents: PATIENT } }, { writers }),
      UNHEARD,
    );
    const witness = await connect({ servers: `127.0.0.1:${server.port}` });
    const seen = new Map<string, number>();
    const commanded = new Set<string>();
    const resulted = new Set<string>();
    witness.subscribe('cim.events.>', {
      callback: (_, { subject, data }) => {
        const type = subject.split('.')[3]!;
        seen.set(type, (seen.get(type) ?? 0) + 1);
        // Behind the stamp: whom it is for, from whom, and which command it is.
        const letter = Buffer.from(data.subarray(16)).toString('latin1');
        if (type === 'Command') commanded.add(nameOf(letter));
        if (type === 'Result') resulted.add(nameOf(letter));
      },
    });
    await witness.flush();
    const saga = { behavior: 'workflow', steps: 3, fails: 0.2, think: { fromNs: NS.ms, toNs: 60 * NS.ms } };
    const machine = { behavior: 'worker', commands: 300, work: { fromNs: 0, toNs: 30 * NS.ms } };
    const loads = [saga, machine].flatMap((behavior, i) =>
      [0, 1].map((worker) =>
        agents({
          access: server.access,
          seconds: 1.5,
          worker,
          workers: 2,
          writer: Object.values(WRITERS)[i]![worker]!,
          required: { agents: AGENTS },
          params: { every: 200 * NS.ms, ramp: 0, ...behavior },
        }),
      ),
    );
    await Promise.all(loads.map((load) => load.ready()));
    await Promise.all(loads.map((load) => load.start()));
    await Promise.all(loads.map((load) => load.finished()));
    const sent = loads.reduce((sum, load) => sum + load.count('sent'), 0);
    await waitFor(() => [...seen.values()].reduce((sum, count) => sum + count, 0) >= sent, {
      timeoutMs: 30_000,
      everyMs: 10,
    });
    await witness.close();
    await monitor.drained(100, 60_000);

    const samples = parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
    const count = (type: string) => seen.get(type) ?? 0;
    const ofWorkflows = (name: string) =>
      sampleValue(samples, `cim_workflow_${name}`, { workflow: 'agents' });
    const started = count('WorkflowStarted');
    const completed = count('WorkflowCompleted');
    const failed = count('WorkflowFailed');
    expect(completed).toBeGreaterThan(AGENTS);
    expect(failed).toBeGreaterThan(0);
    expect(ofWorkflows('started_total')).toBe(started);
    expect(ofWorkflows('completed_total')).toBe(completed);
    expect(ofWorkflows('failed_total')).toBe(failed);
    expect(ofWorkflows('open')).toBe(started - completed - failed);
    expect(ofWorkflows('duration_seconds_count')).toBe(completed + failed);

    // In whichever order the two came to the witness: to the monitor they may have come in another.
    const answered = [...commanded].filter((name) => resulted.has(name)).length;
    const ofMachines = (name: string) => sampleValue(samples, `cim_agent_${name}`, { group: 'machines' });
    expect(count('Result')).toBeGreaterThan(100);
    expect(ofMachines('commands_total')).toBe(count('Command'));
    const results = (outcome: string) =>
      sampleValue(samples, 'cim_agent_results_total', { group: 'machines', outcome });
    expect(results('success')).toBe(count('Result'));
    expect(results('failure')).toBe(0);
    expect(results('unstated')).toBeUndefined();
    expect(ofMachines('command_latency_seconds_count')).toBe(answered);
    expect(ofMachines('commands_open')).toBe(commanded.size - answered);
    expect(ofMachines('heartbeats_total')).toBe(count('Heartbeat'));
    expect(ofMachines('known')).toBe(AGENTS);
    expect(sampleValue(samples, 'cim_agent_known', { group: 'sagas' })).toBe(AGENTS);
    expect(sampleValue(samples, 'cim_agent_alive', { group: 'sagas' })).toBe(AGENTS);
  });
});

function nameOf(letter: string): string {
  const { agent, token } = JSON.parse(letter) as { agent: string; token: string };
  return `${agent} ${token}`;
}
