import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createResourcesReporter } from '../../src/reporters/resources-csv.js';
import { sampleRun } from '../support/sample-run.js';
import { freshRunDir, tell } from './run-dir.js';

const run = sampleRun({ seconds: 10, ordersPerSec: 50, firehosePerSec: 50 });

async function rowsOf(runDir: string): Promise<Record<string, string>[]> {
  const reporter = createResourcesReporter({ runDir });
  await tell(reporter, run, runDir);
  await reporter.onEnd?.(run.result);
  const [head = '', ...lines] = readFileSync(join(runDir, 'resources.csv'), 'utf8').trimEnd().split('\n');
  const names = head.split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((cell, i) => [names[i] as string, cell])),
  );
}

describe('resources.csv', () => {
  it('has a row a second for each server, thread, the process and the machine', async () => {
    const rows = await rowsOf(freshRunDir());
    expect(rows).toHaveLength(run.samples.length);
    const seconds = (kind: string, name: string) =>
      rows.filter((row) => row.kind === kind && row.name === name).map((row) => Number(row.t_s));
    const all = Array.from({ length: 10 }, (_, second) => second);
    expect(seconds('server', 'n1')).toEqual(all);
    expect(seconds('generator', 'firehose 1')).toEqual(all);
    expect(seconds('monitor', 'monitor')).toEqual(all);
    expect(seconds('machine', 'machine')).toEqual(all);
    // Nobody can be asked what a server uses that is not there.
    expect(seconds('server', 'n2')).toEqual(all.filter((second) => second < 3 || second >= 6));
  });

  it('says what is known, in the unit that the column names, and leaves the rest empty', async () => {
    const [server] = (await rowsOf(freshRunDir())).filter((row) => row.kind === 'server');
    const sample = run.samples.find(({ of }) => of === 'server');
    if (sample?.of !== 'server') throw new Error('the sample run has no server');
    expect(Number(server?.cpu_share)).toBeCloseTo((sample.cpuNs ?? 0) / 1e9, 4);
    expect(Number(server?.resident_bytes) / (sample.residentBytes ?? 0)).toBeCloseTo(1, 4);
    expect(server).toMatchObject({
      open_files: '22',
      connections: '',
      loop_delay_max_ns: '',
      machine_share: '',
    });
  });
});
