import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import { codeOf, messageOf, PreflightError } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { ServerAccess, ServerAddress } from '../contracts/load.js';

export interface ConnectOptions {
  /** The name that the server's own pages show for this connection. */
  readonly name: string;
  /** For the first connection, over all servers together; 10,000 ms unless told. */
  readonly timeoutMs?: number;
}

/** `127.0.0.1:4222`, `[::1]:4222`. */
export function formatAddress({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * A connection for control calls: it moves on to another server when its own is lost and never gives up. Throws a
 * PreflightError when no server answers, or none lets us in.
 */
export async function connectControl(access: ServerAccess, options: ConnectOptions): Promise<NatsConnection> {
  const { name, timeoutMs = 10_000 } = options;
  const attempt = connect({
    servers: access.servers.map(formatAddress),
    name,
    user: access.user,
    pass: access.password,
    token: access.token,
    timeout: Math.min(timeoutMs, 3000),
    noRandomize: true,
    // The addresses we were given are the ones to use: gossiped ones may lead around a proxy, or out of reach.
    ignoreClusterUpdates: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 50,
    // A paused server keeps its sockets open; only unanswered pings tell.
    pingInterval: 1000,
    maxPingOut: 2,
    noAsyncTraces: true,
  });
  try {
    return await withDeadline(attempt, timeoutMs, 'connecting');
  } catch (thrown) {
    attempt.then((late) => late.close()).catch(() => {});
    throw explainRefusal(access, thrown);
  }
}

function explainRefusal(access: ServerAccess, thrown: unknown): PreflightError {
  const where = access.servers.map(formatAddress).join(', ') || '(no address given)';
  if (
    thrown instanceof errors.AuthorizationError ||
    thrown instanceof errors.UserAuthenticationExpiredError
  ) {
    return new PreflightError(`the NATS server at ${where} refused the credentials: ${thrown.message}`, {
      cause: thrown,
      hint: 'Check the user, password or token that you gave for this server.',
    });
  }
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const detail = codeOf(thrown) ?? codeOf(cause) ?? (messageOf(thrown) || 'the connection was closed');
  return new PreflightError(`no NATS server answers at ${where}: ${detail}`, {
    cause: thrown,
    hint: 'Check that the server runs and that the address and port are right.',
  });
}
