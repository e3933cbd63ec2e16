import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { clusterUndoRecords } from '../../src/clusters/cluster-undo.js';
import { isAlive } from '../../src/processes/identity.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { clusterTest } from './cluster-for-test.js';

test('what undoes a cluster encloses what starts its nodes again', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1, jetstream: false });
  const [directory, processes] = clusterUndoRecords(place.runId, '/tmp/somewhere');
  expect(directory).toMatchObject({ kind: 'remove-directory', path: '/tmp/somewhere', mark: place.runId });
  expect(processes).toMatchObject({ kind: 'end-marked-processes', mark: place.runId });
  const records = [cluster.startRecord('n1'), cluster.startRecord('n1')];
  expect(records.map(({ within }) => within)).toEqual([processes!.id, processes!.id]);
  expect(new Set(records.map(({ id }) => id)).size).toBe(2);
});

test.skipIf(process.platform !== 'linux')('the commands for people do what the records say', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1, jetstream: false });
  const before = cluster.node('n1').process!;
  const [, end] = clusterUndoRecords(place.runId, '/tmp/somewhere');
  const bystander = spawn('/bin/sleep', ['60'], { env: { STORMGLASS_RUN: `${place.runId}x` } });
  await promisify(execFile)('/bin/sh', ['-c', end!.manual]);
  expect(await waitFor(() => !isAlive(before), { timeoutMs: 30_000 })).toBe(true);
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
  bystander.kill('SIGKILL');
  await once(bystander, 'exit');

  await promisify(execFile)('/bin/sh', ['-c', cluster.startRecord('n1').manual]);
  const [again] = (await waitFor(
    async () => {
      const found = await findMarked(place.runId);
      return found.length > 0 ? found : undefined;
    },
    { timeoutMs: 30_000 },
  ))!;
  await cluster.startNode('n1');
  expect(cluster.node('n1').process).toEqual(again);
});
