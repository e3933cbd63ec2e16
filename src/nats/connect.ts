import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  type Authenticator,
  connect,
  jwtAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type TlsOptions,
} from '@nats-io/transport-node';
import { codeOf, messageOf, PreflightError } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { ServerAccess, ServerAddress, TlsAccess } from '../contracts/load.js';
import { greetServer } from './greet-server.js';

export interface ConnectOptions {
  /** The name that the server's own pages show for this connection. */
  readonly name: string;
  /** For the first connection, over all servers together; 10,000 ms unless told. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** What one of many servers may take; of few each may take its share of the time, for it may only be busy. */
const ONE_SERVER_MS = 3000;

/** `127.0.0.1:4222`, `[::1]:4222`. */
export function formatAddress({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * A connection for control calls: it moves on to another server when its own is lost and never gives up. Throws a
 * PreflightError when no server answers, when none lets us in, or when a certificate is not to be trusted.
 */
export async function connectControl(access: ServerAccess, options: ConnectOptions): Promise<NatsConnection> {
  const { name, timeoutMs = TIMEOUT_MS } = options;
  const oneServerMs = Math.min(timeoutMs, Math.max(ONE_SERVER_MS, timeoutMs / access.servers.length));
  // It says what is wrong with a certificate or with credentials, and whether the server speaks TLS, which the client
  // must be told beforehand.
  const { server, info } = await greetServer(access, {
    name,
    timeoutMs,
    connectTimeoutMs: oneServerMs,
  });
  const attempt = connect({
    // The one that has just let us in is the one to begin with.
    servers: [server, ...access.servers.filter((other) => other !== server)].map(formatAddress),
    name,
    user: access.user,
    pass: access.password,
    token: access.token,
    authenticator: authenticatorOf(access),
    tls: access.tls !== undefined || info.tls_required ? tlsOf(access) : null,
    timeout: oneServerMs,
    noRandomize: true,
    // The addresses we were given are the ones to use: gossiped ones may lead around a proxy, or out of reach.
    ignoreClusterUpdates: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 50,
    // Refused twice in a row may be a server whose accounts are being changed: the load goes on trying, too.
    ignoreAuthErrorAbort: true,
    // A paused server keeps its sockets open; only unanswered pings tell.
    pingInterval: 1000,
    maxPingOut: 2,
    noAsyncTraces: true,
  });
  try {
    return await withDeadline(attempt, timeoutMs, 'connecting');
  } catch (thrown) {
    attempt.then((late) => late.close()).catch(() => {});
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const detail = codeOf(thrown) ?? codeOf(cause) ?? (messageOf(thrown) || 'the connection was closed');
    throw new PreflightError(`cannot connect: ${formatAddress(server)}: ${detail}`, { cause: thrown });
  }
}

function authenticatorOf({ nkeySeed, jwt }: ServerAccess): Authenticator | undefined {
  if (nkeySeed === undefined) return undefined;
  const seed = Buffer.from(nkeySeed);
  return jwt === undefined ? nkeyAuthenticator(seed) : jwtAuthenticator(jwt, seed);
}

/** What NATS.js hands on to node:tls, of which its own type knows a part. */
function tlsOf({ tls = {}, servers }: ServerAccess): TlsOptions {
  const { ca, cert, key, serverName, verify = true, handshakeFirst } = tls;
  const options: TlsOptions & NodeTlsOptions = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(handshakeFirst && { handshakeFirst }),
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: verify,
    checkServerIdentity: identityCheck(servers, serverName),
  };
  return options;
}

interface NodeTlsOptions {
  servername?: string;
  rejectUnauthorized: boolean;
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined;
}

/** NATS.js does not tell node:tls which address it dialled when that is no name: one of the system's must fit. */
function identityCheck(
  servers: readonly ServerAddress[],
  serverName: TlsAccess['serverName'],
): NodeTlsOptions['checkServerIdentity'] {
  const names = serverName === undefined ? servers.map(({ host }) => host) : [serverName];
  return (_dialled, certificate) => {
    const problems = names.map((name) => checkServerIdentity(name, certificate));
    return problems.includes(undefined) ? undefined : problems[0];
  };
}
