import type { NatsConnection } from '@nats-io/transport-node';
import type { Advisory } from '../contracts/control.js';

const PREFIX = '$JS.EVENT.ADVISORY.';

/**
 * Listens to JetStream's advisories: elections, lost quorums, created and deleted streams and consumers. They are
 * plain core messages, lost while nobody listens (a reconnection, a server that dies with its last words), and
 * the servers throttle some to one in ten seconds: good for stories, never for proof.
 */
export function watchAdvisories(nc: NatsConnection, listener: (advisory: Advisory) => void): void {
  nc.subscribe(`${PREFIX}>`, {
    callback: (error, message) => {
      if (error) return;
      const advisory = parseAdvisory(message.subject, message.data);
      if (advisory) listener(advisory);
    },
  });
}

/** The advisory in a message; undefined for the audit trail of API calls, which tells nothing new. */
export function parseAdvisory(subject: string, data: Uint8Array): Advisory | undefined {
  if (!subject.startsWith(PREFIX)) return undefined;
  const [scope = '', event, ...names] = subject.slice(PREFIX.length).split('.');
  if (event === undefined) return undefined;
  const kind = `${scope}.${event}`;
  const body = parseBody(data);
  const stream = textOf(body.stream) ?? (scope === 'STREAM' || scope === 'CONSUMER' ? names[0] : undefined);
  const leader = textOf(body.leader);
  const subjectName = names.join(' ');
  const text = `${kind}${subjectName ? ` ${subjectName}` : ''}${leader ? `, leader ${leader}` : ''}`;
  return { kind, subject, text, ...(stream === undefined ? {} : { stream }), ...(leader ? { leader } : {}) };
}

function parseBody(data: Uint8Array): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(data));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
