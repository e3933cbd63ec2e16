import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';
import type { ServerAddress, TlsAccess } from '../contracts/load.js';

/** How node:tls is told to speak to this server. Throws what OpenSSL says of a certificate or key that is none. */
export function tlsOptions({ host }: ServerAddress, tls: TlsAccess): ConnectionOptions {
  const { serverName, verify = true } = tls;
  return {
    host,
    // An address has no place in the handshake's server name; the certificate is compared with it all the same.
    servername: serverName ?? (isIP(host) ? '' : host),
    rejectUnauthorized: verify,
    secureContext: contextOf(tls),
  };
}

/** Parsing certificates takes longer than a handshake, and thousands of connections may share them. */
const contexts = new WeakMap<TlsAccess, SecureContext>();

function contextOf(tls: TlsAccess): SecureContext {
  let context = contexts.get(tls);
  if (context === undefined) {
    const { ca, cert, key } = tls;
    context = createSecureContext({ ca, cert, key });
    contexts.set(tls, context);
  }
  return context;
}
