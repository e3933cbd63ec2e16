import { describe, expect, it } from 'vitest';
import type { OwnEvent } from '../../src/contracts/own-event.js';
import { OwnEventPublisher } from '../../src/nats/own-events.js';
import { ownSubject } from '../../src/nats/own-subject.js';

const PATTERN = { subject: 'cim.events.>', domainToken: 2, typeToken: 3 };

const injected: OwnEvent = {
  domain: 'stormglass',
  type: 'FaultInjected',
  fields: { fault: 'f1', targets: 'n2' },
};

function publisher(more: { run?: string; mostWaiting?: number } = {}) {
  const sent: { subject: string; said: Record<string, unknown> }[] = [];
  const heard: string[] = [];
  const server = { isThere: true };
  const events = new OwnEventPublisher({
    subjectOf: ({ domain, type }) => ownSubject(PATTERN, domain, type),
    send: (subject, payload) => {
      if (!server.isThere) return false;
      sent.push({ subject, said: JSON.parse(Buffer.from(payload).toString()) });
      return true;
    },
    onEvent: (subject) => heard.push(subject),
    ...more,
  });
  return { events, sent, heard, server };
}

const numbered = (n: number): OwnEvent => ({ domain: 'nats', type: 'NodeSeen', fields: { n } });

describe('what stormglass says as events', () => {
  it('goes out as JSON with its time, its run and its fields, to the subject of its domain and type', () => {
    const { events, sent } = publisher({ run: 'r1' });
    events.publish(injected);
    expect(sent).toHaveLength(1);
    expect(sent[0]!.subject).toBe('cim.events.stormglass.FaultInjected');
    expect(sent[0]!.said).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      run: 'r1',
      fault: 'f1',
      targets: 'n2',
    });
  });

  it('keeps a time and a run that the event brings itself', () => {
    const { events, sent } = publisher({ run: 'r1' });
    events.publish({ ...injected, fields: { time: '2026-01-01T00:00:00.000Z', run: 'r0' } });
    expect(sent[0]!.said).toEqual({ time: '2026-01-01T00:00:00.000Z', run: 'r0' });
  });

  it('waits in its order while there is no server, and is heard at once and once all the same', () => {
    const { events, sent, heard, server } = publisher();
    server.isThere = false;
    for (let n = 0; n < 3; n++) events.publish(numbered(n));
    expect(sent).toEqual([]);
    expect(heard).toHaveLength(3);
    expect(events.figures).toEqual({ sent: 0, waiting: 3, dropped: 0 });

    server.isThere = true;
    events.flush();
    expect(sent.map(({ said }) => said.n)).toEqual([0, 1, 2]);
    expect(heard).toHaveLength(3);
    expect(events.figures).toEqual({ sent: 3, waiting: 0, dropped: 0 });
  });

  it('lets the oldest go, and counts it, where too many wait', () => {
    const { events, sent, server } = publisher({ mostWaiting: 10 });
    server.isThere = false;
    for (let n = 0; n < 25; n++) events.publish(numbered(n));
    expect(events.figures).toEqual({ sent: 0, waiting: 10, dropped: 15 });
    server.isThere = true;
    events.publish(numbered(25));
    expect(sent.map(({ said }) => said.n)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
  });

  it('goes where a server lets it, and nowhere else, is counted, and goes there again when that is taken back', () => {
    const { events, sent, heard, server } = publisher();
    server.isThere = false;
    events.publish(injected);
    events.publish(numbered(1));
    events.refuse('cim.events.stormglass.FaultInjected');
    server.isThere = true;
    events.publish(injected);
    events.publish(numbered(2));
    expect(sent.map(({ said }) => said.n)).toEqual([1, 2]);
    expect(heard).toHaveLength(4);
    expect(events.figures).toEqual({ sent: 2, waiting: 0, dropped: 2 });
    events.allowAll();
    events.publish(injected);
    expect(sent).toHaveLength(3);
  });

  it('cuts what is too long for a message', () => {
    const { events, sent } = publisher();
    events.publish({ ...injected, fields: { text: 'x'.repeat(5_000_000) } });
    expect(String(sent[0]!.said.text)).toHaveLength(2001);
  });
});

describe('the subject of an event of ours', () => {
  it.each([
    [{ subject: 'cim.events.>', domainToken: 2, typeToken: 3 }, 'cim.events.nats.Up'],
    [{ subject: 'acme.>', domainToken: 3, typeToken: 1 }, 'acme.Up.own.nats'],
    [{ subject: 'acme.*.v1.*.*', domainToken: 1, typeToken: 3 }, 'acme.nats.v1.Up.own'],
    [{ subject: 'acme.*.*', domainToken: 1, typeToken: 2 }, 'acme.nats.Up'],
  ])(
    'is one that a monitor of $subject hears, with domain and type where it looks for them',
    (plan, subject) => {
      expect(ownSubject(plan, 'nats', 'Up')).toBe(subject);
    },
  );

  it('is a subject, whatever the type is called', () => {
    expect(ownSubject(PATTERN, 'nats', 'a b.*>\r\nPUB x')).toBe('cim.events.nats.a_b_PUB_x');
    expect(ownSubject(PATTERN, 'nats', '')).toBe('cim.events.nats._');
  });
});
