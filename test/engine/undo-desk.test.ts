import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { startExternalCluster } from '../../src/clusters/external-cluster.js';
import { externalClusterSchema } from '../../src/clusters/external-cluster-schema.js';
import type { RemoveStream, RemoveStreams } from '../../src/contracts/undo.js';
import { UndoDesk } from '../../src/engine/undo-desk.js';
import { STREAM_MARK } from '../../src/nats/streams.js';
import { AuditLog } from '../../src/undo/audit-log.js';
import { UndoLog } from '../../src/undo/undo-log.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { startTestServer } from '../support/nats-server.js';

it('removes streams from servers that let nobody in without credentials, which stand in no record', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-undo-desk-'));
  const [user, password] = ['loader', 'planted-password'];
  await using server = await startTestServer({
    jetstream: true,
    config: { authorization: { user, password } },
  });
  const address = `127.0.0.1:${server.port}`;
  await using cluster = await startExternalCluster(
    externalClusterSchema.parse({ servers: [address], allow: [address], auth: { user, password } }),
    {
      allow: [address],
      place: { env: {}, home: directory },
      signal: new AbortController().signal,
      runId: 'r1',
      cwd: directory,
    },
  );
  const connection = await connect({ servers: address, user, pass: password });
  try {
    const manager = await jetstreamManager(connection, PATIENT_CLIENT);
    for (const name of ['ORDERS', 'SG-r1-1', 'SG-r1-2', 'THEIRS']) {
      const isOurs = name !== 'THEIRS';
      await manager.streams.add({ name, subjects: [name], metadata: isOurs ? { [STREAM_MARK]: 'r1' } : {} });
    }
    const common = { manual: '', servers: cluster.access.servers, mark: 'r1' };
    const records: [RemoveStream, RemoveStreams] = [
      { ...common, kind: 'remove-stream', id: 'a', what: 'remove ORDERS', stream: 'ORDERS' },
      { ...common, kind: 'remove-streams', id: 'b', what: 'remove SG-r1-…', prefix: 'SG-r1-' },
    ];
    const path = join(directory, 'undo.ndjson');
    const desk = new UndoDesk(new UndoLog(path), new AuditLog(join(directory, 'audit.ndjson'), 'r1', 'test'));
    desk.recordSurroundings(records);
    desk.useCluster(cluster);
    expect(await desk.tearDown()).toEqual([]);
    desk.close();
    const left: string[] = [];
    for await (const { config } of manager.streams.list()) left.push(config.name);
    expect(left).toEqual(['THEIRS']);
    expect(readFileSync(path, 'utf8')).not.toContain(password);
  } finally {
    await connection.close();
    rmSync(directory, { recursive: true });
  }
});
