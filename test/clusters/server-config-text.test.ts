import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { serverConfigText } from '../../src/clusters/server-config-text.js';
import { natsServerPath } from '../support/nats-server.js';
import { clusterTest } from './cluster-for-test.js';

/** What nats-server itself says to a configuration file, without running it. */
async function checked(settings: Record<string, unknown>): Promise<string> {
  await using place = await clusterTest();
  const file = join(place.directory, 'server.conf');
  await writeFile(file, serverConfigText(settings));
  const { stderr } = await promisify(execFile)(natsServerPath(), ['-t', '-c', file]);
  return stderr;
}

test('nats-server reads what is written: blocks, lists, sizes, durations, texts, numbers', async () => {
  const settings = {
    max_payload: '4MB',
    max_pending: '64MiB',
    max_connections: '64k',
    ping_interval: '2m',
    write_deadline: '10s',
    server_tags: ['rack:1', 'say "hi" \\ $HOME # no comment'],
    server_metadata: { owner: "o'neil", 'with space': 'x' },
    mappings: {
      'foo.*': 'bar.$1',
      'split.>': [
        { destination: 'a.>', weight: '50%' },
        { destination: 'b.>', weight: '50%' },
      ],
    },
    websocket: { port: -1, no_tls: true },
  };
  expect(await checked(settings)).toContain('is valid');
});

test('a text is the same text to the server, and a size is a size', async () => {
  await using place = await clusterTest();
  const tag = 'quote " backslash \\ dollar $path # none';
  await using cluster = await place.start({ nodes: 1, config: { max_payload: '2MB', server_tags: [tag] } });
  const varz = await (await fetch(`${cluster.nodes[0]!.monitorUrl}/varz`)).json();
  // The other is ours: by it a stream can be put on one server.
  expect(varz).toMatchObject({ max_payload: 2 * 2 ** 20, tags: [tag, 'stormglass:n1'] });
});
