import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ServersTask } from '../../../src/contracts/monitor.js';
import { figure, samplesOf, startProbes, until } from './probed.js';

/** Whatever it is asked, it answers with the same. */
async function startStranger(body: string) {
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const monitorUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    monitorUrl,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('what answers in the place of a server', () => {
  it.each([
    ['nothing', ''],
    ['no JSON', '<html>Welcome to nginx</html>'],
    ['a list', '[1, 2, 3]'],
    ['a number', '7'],
    [
      'fields of other types',
      '{"routes": 7, "account_details": {"a": 1}, "connections": "many", "cluster": []}',
    ],
    ['parts that are null', '{"routes": [null], "account_details": [null], "meta_cluster": null}'],
    [
      'streams of other types',
      '{"account_details": [{"name": 3, "stream_detail": [{"cluster": {"replicas": 9}}]}]}',
    ],
    [
      'hostile texts',
      '{"server_name": "a\\"b\\n{}", "in_msgs": 1, "status": "ok\\"", "cluster": {"name": "\\n"}}',
    ],
  ])('is told as no server, or as what it says, and ends nothing: %s', async (_, body) => {
    await using stranger = await startStranger(body);
    const targets: ServersTask['targets'] = [{ monitorUrl: stranger.monitorUrl, name: 'odd' }];
    await using probed = startProbes(
      { nodes: [], access: { servers: [{ host: '127.0.0.1', port: 1 }] } },
      { targets, everyMs: 100 },
    );
    const { probes } = probed;
    await until('a look', () => figure(probes, 'cim_nats_up', { server: 'odd' }) !== undefined);
    await until('another', () => probed.events.length > 0);
    expect(figure(probes, 'cim_nats_cluster_expected_size')).toBe(1);
    for (const { value } of samplesOf(probes)) expect(value).not.toBeNaN();
  });
});
