import type { ServerAccess, TlsAccess } from '../contracts/load.js';
import { type LinkEnd, refused } from './link-end.js';
import type { ServerInfo } from './server-info.js';

/** What follows on a server's INFO: say who we are, agree on TLS first, or leave. */
export type NextStep =
  | { readonly step: 'introduce' }
  | { readonly step: 'secure'; readonly tls: TlsAccess }
  | { readonly step: 'leave'; readonly end: LinkEnd };

/** For servers that demand TLS of somebody who did not ask for it: the CAs that Node trusts. */
const SYSTEM_TLS: TlsAccess = {};

/** TLS is spoken where the server demands it or we ask for it; where we ask for it, never without. */
export function afterGreeting(info: ServerInfo, { tls }: ServerAccess): NextStep {
  if (tls?.handshakeFirst) return { step: 'introduce' };
  if (info.tls_required || (tls && info.tls_available)) return { step: 'secure', tls: tls ?? SYSTEM_TLS };
  if (tls === undefined) return { step: 'introduce' };
  return {
    step: 'leave',
    end: refused(
      'TLS is asked for, and the server does not speak it',
      'Leave out `tls`, or set up TLS on the server.',
    ),
  };
}
