import { describe, expect, it } from 'vitest';
import { emptyAckReply, readAckReply } from '../../src/nats/ack-reply.js';

function read(text: string) {
  const into = emptyAckReply();
  const bytes = Buffer.from(`>>${text}<<`);
  return readAckReply(bytes, 2, bytes.length - 2, into) ? into : undefined;
}

describe('readAckReply', () => {
  it('reads the form of nine tokens', () => {
    expect(read('$JS.ACK.ORDERS.reader.3.1234567.89.1700000000000000000.42')).toEqual({
      delivered: 3,
      streamSequence: 1_234_567,
      consumerSequence: 89,
      pending: 42,
    });
  });

  it('reads the form of twelve tokens, with domain and account', () => {
    expect(read('$JS.ACK._.AbCdEfGh.ORDERS.reader.1.7.8.1700000000000000000.0.x7Yz')).toEqual({
      delivered: 1,
      streamSequence: 7,
      consumerSequence: 8,
      pending: 0,
    });
    expect(read('$JS.ACK.hub.AbCdEfGh.ORDERS.reader.1.7.8.1700000000000000000.3')?.pending).toBe(3);
  });

  it('refuses what is no such reply', () => {
    for (const text of [
      '',
      '$JS.ACK.',
      '_INBOX.abc.1.2.3.4.5.6.7',
      '$JS.ACK.ORDERS.reader.1.2.3.4',
      '$JS.ACK.a.b.c.d.1.2.3.4',
      '$JS.ACK.ORDERS.reader.1.x.89.17.42',
      '$JS.ACK.ORDERS.reader.1..89.17.42',
    ]) {
      expect(read(text)).toBeUndefined();
    }
  });
});
