import { expect, it } from 'vitest';
import { probeSocket } from '../../src/chaos/links/probe-socket.js';
import { lookAtClientPort, lookAtHealth } from '../../src/chaos/node-looks.js';
import type { ClusterNode } from '../../src/contracts/cluster.js';
import { pageOf, startStandstillServer } from '../support/standstill-server.js';

/** Longer than any of the looks takes. */
const STANDSTILL_MS = 2_200;

it('a look at a node that answered while we stood still sees that it did', async () => {
  await using speaking = await startStandstillServer('INFO {}\r\n', { speaksFirst: true });
  const node = { name: 'n1', host: speaking.host, clientPort: speaking.port } as ClusterNode;
  const look = lookAtClientPort(node);
  await speaking.standStill(STANDSTILL_MS);
  expect(await look).toMatchObject({ state: 'speaks' });
});

it('a look at the health of a node that answered while we stood still sees that it did', async () => {
  await using healthy = await startStandstillServer(pageOf('{"status":"ok"}'));
  const monitorUrl = `http://${healthy.host}:${healthy.port}`;
  const node = { name: 'n1', host: healthy.host, clientPort: 1, monitorUrl } as ClusterNode;
  const look = lookAtHealth(node);
  await healthy.standStill(STANDSTILL_MS);
  expect(await look).toMatchObject({ state: 'ok' });
});

it('a probe through a link hears what was said while we stood still', async () => {
  await using speaking = await startStandstillServer('INFO {}\r\n', { speaksFirst: true });
  const story = probeSocket(speaking, { forMs: 2000, until: (heard) => heard.endsWith('\r\n') });
  await speaking.standStill(STANDSTILL_MS);
  expect(await story).toMatchObject({ heard: 'INFO {}\r\n', end: 'open' });
});
