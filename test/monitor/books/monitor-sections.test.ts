import { describe, expect, it } from 'vitest';
import { MONITOR_SECTIONS } from '../../../src/app/plugins.js';
import { ScenarioError } from '../../../src/scenario/problem.js';
import { parseMonitorConfig } from '../../../src/scenario/resolve-monitor.js';

/** What is wrong with a configuration: `line:column path: message`. */
function problemsOf(text: string): string[] {
  try {
    parseMonitorConfig(text, 'monitor.yaml', MONITOR_SECTIONS);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
}

const metric = (...lines: readonly string[]) =>
  ['metrics:', '  - help: What it says.', ...lines.map((line) => `    ${line}`)].join('\n');

describe('the sections of the monitor’s configuration', () => {
  it('say what holds, each with its defaults', () => {
    const { sections } = parseMonitorConfig(
      ['workflows: { stalled-after: 5m }', 'agents: { heartbeat-every: 10s }'].join('\n'),
      'monitor.yaml',
      MONITOR_SECTIONS,
    );
    expect(sections).toMatchObject({
      workflows: { 'stalled-after': 300e9, 'max-open': 100_000, workflow: ['workflow'] },
      agents: { 'heartbeat-every': 10e9, 'missed-after': 3, heartbeats: ['*Heartbeat'] },
    });
    expect(sections).not.toHaveProperty('metrics');
  });

  it.each([
    ['name: 1st', 'type: gauge', '3:11', 'expected a name of letters'],
    ['name: orders', 'type: counter', '3:11', 'a counter’s name'.replace('’', "'")],
    ['name: orders_total', 'type: gauge', '3:11', 'only a counter'],
    [
      'name: cim_events_total',
      'type: counter',
      '3:11',
      'the monitor has a metric cim_events_total of its own',
    ],
    ['name: cim_event_lag_seconds_bucket', 'type: gauge', '3:11', 'cim_event_lag_seconds of its own'],
    ['name: gnatsd_varz_mem', 'type: gauge', '3:11', "another exporter's"],
    ['name: queue_count', 'type: gauge', '3:11', 'ends with _count'],
  ])('refuse %s of %s', (name, type, place, message) => {
    const [problem, ...more] = problemsOf(metric(name, type, 'from: { type: Seen }', 'field: x'));
    expect(problem?.startsWith(`${place} metrics[0].name: `), problem).toBe(true);
    expect(problem).toContain(message);
    expect(more).toEqual([]);
  });

  it('take a metric of GPUs, which nothing else makes, as rules and dashboards know it, and not otherwise', () => {
    const gpu = (type: string, labels: string) =>
      problemsOf(metric('name: cim_gpu_up', `type: ${type}`, 'from: { domain: gpu }', 'field: up', labels));
    expect(gpu('gauge', 'labels: { node: host, gpu: index, vendor: vendor, model: model }')).toEqual([]);
    const otherwise =
      '3:11 metrics[0].name: rules and dashboards know it as a gauge with the labels node, gpu, vendor, model: declare it so';
    expect(gpu('gauge', 'labels: { node: host, gpu: index, vendor: vendor }')).toEqual([otherwise]);
    expect(gpu('gauge', 'labels: { node: a, gpu: b, vendor: c, model: d, room: e }')).toEqual([otherwise]);
    expect(gpu('gauge', 'labels: { node: a, gpu: b, vendor: c, room: e }')).toEqual([otherwise]);
    expect(gpu('counter', 'labels: { node: a, gpu: b, vendor: c, model: d }')).toEqual([otherwise]);
  });

  it('find everything that is wrong with a metric, at its place', () => {
    const text = metric(
      'name: wait_ms',
      'type: histogram',
      'unit: milliseconds',
      'from: { domain: "*" }',
      'labels: { le: x, __own: y, "a-b": z }',
      'expires-after: 10m',
    );
    expect(problemsOf(text)).toEqual([
      '2:5 metrics[0].buckets: a histogram needs its upper bounds: expected such as [0.1, 1, 10]',
      '5:11 metrics[0].unit: Prometheus wants base units: seconds, with `scale: 0.001`',
      '6:11 metrics[0].from: expected a domain or a type: every event there is would be meant',
      '6:11 metrics[0].from: a histogram needs a field or a value: expected `field:` here or beside `from`',
      '7:19 metrics[0].labels.le: a histogram has the label le for its buckets',
      '7:29 metrics[0].labels.__own: labels that begin with __ are Prometheus’ own',
      '7:39 metrics[0].labels.a-b: a label has letters, digits and _, and does not begin with a digit',
      '8:20 metrics[0].expires-after: only a gauge goes away, and this is a histogram',
    ]);
  });

  it('refuse two metrics of one name, also where one is a part of the other', () => {
    const two = (first: string, second: string) =>
      problemsOf(
        [
          'metrics:',
          `  - { name: ${first}, help: x, from: { type: A }, field: x }`,
          `  - { name: ${second}, help: x, from: { type: B }, field: x }`,
        ].join('\n'),
      );
    expect(two('depth, type: gauge', 'depth, type: gauge')).toEqual([
      '3:13 metrics[1].name: depth is declared already: choose another name',
    ]);
    expect(two('depth, type: gauge', 'width, type: gauge')).toEqual([]);
  });

  it('know the nearest key, and refuse patterns and fields that are none', () => {
    expect(
      problemsOf(
        ['workflows:', '  staled-after: 5m', '  started: [a.b.c]', 'agents: { missed-after: 0 }'].join('\n'),
      ),
    ).toEqual([
      expect.stringContaining('2:3 workflows.staled-after: unknown key `staled-after`'),
      expect.stringContaining('3:13 workflows.started[0]: expected a type of event, or domain.type'),
      expect.stringContaining('4:25 agents.missed-after: expected how many heartbeats, such as 3'),
    ]);
  });
});
