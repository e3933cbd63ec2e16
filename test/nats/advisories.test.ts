import { describe, expect, it } from 'vitest';
import { parseAdvisory } from '../../src/nats/advisories.js';

const bytes = (body: unknown) => new TextEncoder().encode(JSON.stringify(body));

describe('parseAdvisory', () => {
  it('reads who was elected for which stream', () => {
    const subject = '$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.ORDERS';
    expect(parseAdvisory(subject, bytes({ stream: 'ORDERS', leader: 'n2', replicas: [] }))).toEqual({
      kind: 'STREAM.LEADER_ELECTED',
      subject,
      stream: 'ORDERS',
      leader: 'n2',
      text: 'STREAM.LEADER_ELECTED ORDERS, leader n2',
    });
  });

  it('takes the stream from the subject when the body cannot be read', () => {
    const subject = '$JS.EVENT.ADVISORY.CONSUMER.QUORUM_LOST.ORDERS.billing';
    expect(parseAdvisory(subject, new Uint8Array([0xc1, 1, 2]))).toEqual({
      kind: 'CONSUMER.QUORUM_LOST',
      subject,
      stream: 'ORDERS',
      text: 'CONSUMER.QUORUM_LOST ORDERS billing',
    });
  });

  it('passes over the audit trail of API calls, and what is no advisory', () => {
    expect(parseAdvisory('$JS.EVENT.ADVISORY.API', bytes({ server: 'n1' }))).toBeUndefined();
    expect(parseAdvisory('cim.events.orders.Placed', bytes({}))).toBeUndefined();
  });
});
