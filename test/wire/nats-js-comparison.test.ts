import { connect, headers } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { waitFor } from '../../src/base/wait.js';
import { WireConnection } from '../../src/wire/connection.js';
import { startTestServer } from '../support/nats-server.js';

interface Received {
  subject: string;
  reply: string;
  header: Record<string, string[]>;
  payload: string;
}

/** `Name: value` lines as the client of NATS.js shows them. */
function parseHeader(text: string): Record<string, string[]> {
  const parsed: Record<string, string[]> = {};
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon);
    parsed[name] = [...(parsed[name] ?? []), line.slice(colon + 1).trim()];
  }
  return parsed;
}

it('receives from a real server what the NATS.js client receives, to the byte', async () => {
  await using server = await startTestServer();
  const theirs: Received[] = [];
  const ours: Received[] = [];
  const client = await connect({ servers: `127.0.0.1:${server.port}` });
  client.subscribe('compare.>', {
    callback: (error, message) => {
      if (error) throw error;
      const header = Object.fromEntries(
        (message.headers?.keys() ?? []).map((key) => [key, message.headers!.values(key)]),
      );
      const payload = Buffer.from(message.data).toString('latin1');
      theirs.push({ subject: message.subject, reply: message.reply ?? '', header, payload });
    },
  });
  const wire = new WireConnection(
    { access: server.access, name: 'comparison' },
    {
      onMessage: (view) => {
        const text = (start: number, end: number) =>
          Buffer.from(view.buffer.subarray(start, end)).toString('latin1');
        ours.push({
          subject: text(view.subjectStart, view.subjectEnd),
          reply: text(view.replyStart, view.replyEnd),
          header: parseHeader(text(view.headerStart, view.payloadStart)),
          payload: text(view.payloadStart, view.payloadEnd),
        });
      },
    },
  );
  await wire.connect();
  wire.subscribe('compare.>');
  await Promise.all([client.flush(), wire.flush()]);

  const publisher = await connect({ servers: `127.0.0.1:${server.port}` });
  const random = seededRandom(99);
  const messages = 3000;
  for (let i = 0; i < messages; i++) {
    // Mostly small, now and then larger than what is read at once.
    const payload = new Uint8Array(random.below(100) === 0 ? random.below(900_000) : random.below(2000));
    random.fill(payload);
    const withHeader = random.below(3) === 0;
    const header = headers();
    header.append('Index', String(i));
    header.append('Twice', 'one');
    header.append('Twice', 'two: with a colon');
    publisher.publish(`compare.${random.below(20)}.x`, payload, {
      ...(random.below(2) === 0 && { reply: `answers.${i}` }),
      ...(withHeader && { headers: header }),
    });
    if (i % 50 === 0) await publisher.flush();
  }
  await publisher.flush();
  await waitFor(() => ours.length === messages && theirs.length === messages, { timeoutMs: 20_000 });
  await Promise.all([publisher.close(), client.close(), wire.close()]);

  expect(ours).toHaveLength(messages);
  expect(ours).toEqual(theirs);
});
