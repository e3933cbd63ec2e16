import type { NatsConnection } from '@nats-io/transport-node';
import type { Advisory } from '../contracts/control.js';

const PREFIX = '$JS.EVENT.ADVISORY.';

/** An advisory with all that tells it from others: the same one comes to its account and to the system's. */
export interface ToldAdvisory extends Advisory {
  readonly id?: string;
  /** When it happened, by the clock of the server that tells it; Unix time in milliseconds. */
  readonly atMs?: number;
  /** In the account of the system only: whose stream it is, by id. */
  readonly account?: string;
  readonly consumer?: string;
}

/**
 * Listens to JetStream's advisories: elections, lost quorums, created and deleted streams and consumers. They are
 * plain core messages, lost while nobody listens (a reconnection, a server that dies with its last words), and
 * the servers throttle some to one in ten seconds: good for stories, never for proof.
 */
export function watchAdvisories(nc: NatsConnection, listener: (advisory: Advisory) => void): void {
  subscribe(nc, (subject, data) => {
    const advisory = parseAdvisory(subject, data);
    if (advisory) listener(advisory);
  });
}

/** As `watchAdvisories`, with what tells one advisory from another. */
export function watchToldAdvisories(nc: NatsConnection, listener: (advisory: ToldAdvisory) => void): void {
  subscribe(nc, (subject, data) => {
    const advisory = parseToldAdvisory(subject, data);
    if (advisory) listener(advisory);
  });
}

function subscribe(nc: NatsConnection, onMessage: (subject: string, data: Uint8Array) => void): void {
  // With a token more than the audit trail of API calls has: the servers need not even write that one.
  nc.subscribe(`${PREFIX}*.>`, {
    callback: (error, message) => {
      if (!error) onMessage(message.subject, message.data);
    },
  });
}

/** The advisory in a message; undefined for the audit trail of API calls, which tells nothing new. */
export function parseAdvisory(subject: string, data: Uint8Array): Advisory | undefined {
  if (!subject.startsWith(PREFIX)) return undefined;
  const names = subject.slice(PREFIX.length).split('.');
  return names.length < 2 ? undefined : advisoryOf(subject, names, parseBody(data));
}

/** As `parseAdvisory`, with what tells one advisory from another. */
export function parseToldAdvisory(subject: string, data: Uint8Array): ToldAdvisory | undefined {
  if (!subject.startsWith(PREFIX)) return undefined;
  const names = subject.slice(PREFIX.length).split('.');
  if (names.length < 2) return undefined;
  const body = parseBody(data);
  const id = textOf(body.id);
  const atMs = Date.parse(textOf(body.timestamp) ?? '');
  const account = textOf(body.account);
  const consumer = textOf(body.consumer) ?? (names[0] === 'CONSUMER' ? names[3] : undefined);
  return {
    ...advisoryOf(subject, names, body),
    ...(id !== undefined && { id }),
    ...(!Number.isNaN(atMs) && { atMs }),
    ...(account !== undefined && { account }),
    ...(consumer !== undefined && { consumer }),
  };
}

function advisoryOf(subject: string, tokens: readonly string[], body: Record<string, unknown>): Advisory {
  const [scope = '', event = '', ...names] = tokens;
  const kind = `${scope}.${event}`;
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
