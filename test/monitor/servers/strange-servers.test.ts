import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ServersTask } from '../../../src/contracts/monitor.js';
import { figure, samplesOf, startProbes, until } from './probed.js';

/** Whatever it is asked, it answers with the same; where a page is named, it has no other. */
async function startStranger(body: string, onlyPage?: string) {
  let isMute = false;
  let owed = 0;
  const server = createServer(({ url = '' }, response) => {
    if (isMute) {
      owed++;
      return;
    }
    if (onlyPage !== undefined && !url.startsWith(onlyPage)) response.statusCode = 404;
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const monitorUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    monitorUrl,
    /** From now on it answers nothing, until it ends. */
    fallSilent: () => {
      isMute = true;
    },
    owesAnswers: () => owed > 0,
    end: () => server.closeAllConnections(),
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

  it.each([
    ['/varz', '{"server_name": "odd"}', 0],
    ['/healthz', '{"status": "ok"}', 1],
    ['/jsz', '{"streams": 1}', 0],
  ])('is up with one page, though it has no other: %s', async (page, body, healthy) => {
    await using stranger = await startStranger(body, page);
    const targets: ServersTask['targets'] = [{ monitorUrl: stranger.monitorUrl, name: 'odd' }];
    const access = { servers: [{ host: '127.0.0.1', port: 1 }] };
    await using probed = startProbes({ nodes: [], access }, { targets, everyMs: 100 });
    const figureOf = (name: string) => figure(probed.probes, name, { server: 'odd' });
    await until('a look', () => figureOf('cim_nats_up') !== undefined);
    expect(figureOf('cim_nats_up')).toBe(1);
    expect(figureOf('cim_nats_healthy')).toBe(healthy);
  });

  it('is no news when it is not to be watched any more, though it still owes an answer: another of its name is', async () => {
    await using old = await startStranger('{"server_name": "odd"}');
    await using young = await startStranger('{"server_name": "odd"}');
    const target = ({ monitorUrl }: typeof old) => ({ monitorUrl, name: 'odd' });
    const access = { servers: [{ host: '127.0.0.1', port: 1 }] };
    await using probed = startProbes({ nodes: [], access }, { targets: [target(old)], everyMs: 100 });
    const { probes, events } = probed;
    const said = () => events.map(({ type }) => type);
    await until('the old one', () => said().includes('ServerUp'));
    old.fallSilent();
    await until('a look that is under way', old.owesAnswers);
    probes.useTargets([target(young)]);
    await until('the young one', () => said().filter((type) => type === 'ServerUp').length === 2);
    const before = events.length;
    old.end();
    await until('more looks', () => events.length > before + 2);
    expect(said().filter((type) => type !== 'ServerProbed')).toEqual(['ServerUp', 'ServerUp']);
  });
});
