import type { ServerAddress } from '../contracts/load.js';

export interface ParsedAddress extends ServerAddress {
  /** `10.0.0.1:4222`, `[::1]:4222`: how consents name it. */
  readonly address: string;
}

const DEFAULT_PORT = 4222;

/** `nats://host:port`, `host:port` or `host` → where that is; or what is wrong with it. */
export function parseServerUrl(text: string): ParsedAddress | { readonly problem: string } {
  let url: URL;
  try {
    // Not a scheme that URL knows, so that it leaves out no port as the usual one.
    url = new URL(text.includes('://') ? text : `nats://${text}`);
  } catch {
    return { problem: `${text} is not the address of a server, such as nats://10.0.0.1:4222` };
  }
  if (url.protocol !== 'nats:')
    return { problem: `${url.protocol}// is not supported: expected nats://host:port` };
  if (url.username !== '' || url.password !== '') {
    return { problem: 'credentials do not belong into an address: see `auth`' };
  }
  if (url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    return { problem: `${text} is not the address of a server, such as nats://10.0.0.1:4222` };
  }
  const name = url.hostname.toLowerCase();
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return { host: name.replace(/^\[(.*)\]$/, '$1'), port, address: `${name}:${port}` };
}
