import type { ServerAddress } from '../contracts/load.js';

export interface ParsedAddress extends ServerAddress {
  /** `10.0.0.1:4222`, `[::1]:4222`: how consents name it. */
  readonly address: string;
  /** Present when TLS is asked for: `tls://…`. */
  readonly tls?: true;
}

const DEFAULT_PORT = 4222;

/** `nats://host:port`, `tls://host:port`, `host:port` or `host` → where that is; or what is wrong with it. */
export function parseServerUrl(text: string): ParsedAddress | { readonly problem: string } {
  // Asked first: what is wrong beside that is told by repeating the text.
  if (text.includes('@')) return { problem: 'credentials do not belong into an address: see `auth`' };
  const noAddress = {
    problem: `${text} is not the address of a server, such as nats://10.0.0.1:4222`,
  };
  let url: URL;
  try {
    // Not a scheme that URL knows, so that it leaves out no port as the usual one.
    url = new URL(text.includes('://') ? text : `nats://${text}`);
  } catch {
    return noAddress;
  }
  if (url.protocol !== 'nats:' && url.protocol !== 'tls:')
    return { problem: `${url.protocol}// is not supported: expected nats://host:port or tls://host:port` };
  if (url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    return noAddress;
  }
  const name = url.hostname.toLowerCase();
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return {
    host: name.replace(/^\[(.*)\]$/, '$1'),
    port,
    address: `${name}:${port}`,
    ...(url.protocol === 'tls:' && { tls: true as const }),
  };
}
