import { messageOf, PreflightError } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { ServerAccess, ServerAddress } from '../contracts/load.js';
import { WireConnection } from '../wire/connection.js';
import type { ServerInfo } from '../wire/server-info.js';

export interface GreetOptions {
  /** The name that the server's own pages show for the connection. */
  readonly name: string;
  /** For one server. */
  readonly connectTimeoutMs: number;
  /** For all servers together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Greeting {
  /** The one that let us in. */
  readonly server: ServerAddress;
  readonly info: ServerInfo;
}

/**
 * Goes in at the first of the servers that answers, TLS, credentials and all, and leaves again. Throws a
 * PreflightError that says of each server why not and what to do about it, or the signal's reason.
 */
export async function greetServer(
  access: ServerAccess,
  { name, connectTimeoutMs, timeoutMs, signal }: GreetOptions,
): Promise<Greeting> {
  signal?.throwIfAborted();
  const wire = new WireConnection({ access, name, connectTimeoutMs }, { onMessage: () => {} });
  const onAbort = () => void wire.close();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await withDeadline(wire.connect(), timeoutMs, 'connecting');
    return { server: wire.server, info: wire.info as ServerInfo };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown instanceof PreflightError
      ? thrown
      : new PreflightError(messageOf(thrown), { cause: thrown });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await wire.close();
  }
}
