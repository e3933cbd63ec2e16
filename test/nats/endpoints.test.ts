import { expect, it } from 'vitest';
import { readVarz } from '../../src/nats/endpoints.js';
import { pageOf, startStandstillServer } from '../support/standstill-server.js';

it('reads a page that was there before a standstill of our own was over', async () => {
  await using server = await startStandstillServer(
    pageOf(JSON.stringify({ server_name: 'n1', pad: 'x'.repeat(50_000) })),
  );
  const asking = readVarz(`http://${server.host}:${server.port}`, 2000);
  await server.standStill(2200);
  expect(await asking).toMatchObject({ server_name: 'n1' });
});

it('says that there was no answer where nobody answers', async () => {
  await using server = await startStandstillServer('');
  const { host, port } = server;
  await expect(readVarz(`http://${host}:${port}`, 20)).rejects.toThrow('/varz: no answer within 20 ms');
});
