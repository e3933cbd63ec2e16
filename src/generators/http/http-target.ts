import { isIP } from 'node:net';

/** What stands in a scenario for the page that the run's own monitor serves. */
export const MONITOR = 'monitor';

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  /** `gateway.example.com:443`: how consents name it. */
  readonly address: string;
  /** On this machine, which needs no consent. */
  readonly isLocal: boolean;
}

/** Where an http or https URL leads to; or what is wrong with it. */
export function readTarget(text: string): HttpTarget | { readonly problem: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: `expected a URL such as http://127.0.0.1:8080/health, or ${MONITOR}` };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { problem: `${url.protocol}// is not supported: expected http:// or https://` };
  }
  if (url.username !== '' || url.password !== '') {
    return { problem: 'credentials do not belong into a URL: use an authorization header' };
  }
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port, address: `${url.hostname}:${port}`, isLocal: isLocal(host) };
}

const isLocal = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
