import { wallNow } from '../base/clock.js';
import { codeOf, messageOf } from '../base/errors.js';
import type { ServerAccess } from '../contracts/load.js';
import { nonceSigner } from './nonce-signer.js';
import { readUserJwt } from './user-jwt.js';

/** Why a connection to a server could not be had, or is no more. */
export interface LinkEnd {
  /** One clause, for people. */
  readonly reason: string;
  /** The server, or its certificate, says no: trying again changes nothing by itself. */
  readonly refused: boolean;
  /** What a user can do about it. */
  readonly hint?: string;
}

export const lost = (reason: string): LinkEnd => ({ reason, refused: false });

export const refused = (reason: string, hint: string): LinkEnd => ({ reason, refused: true, hint });

const OWN_CERTIFICATE =
  'Check tls.cert and tls.key: the CA that issued them must be one that the server trusts.';

/** By the code of node:tls or OpenSSL: what that means for us, and what to do. */
const CERTIFICATE_TROUBLES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  CERT_HAS_EXPIRED: [
    'its certificate, or the certificate of its CA, has expired',
    'Renew it on the server, or correct the clock of this machine.',
  ],
  CERT_NOT_YET_VALID: [
    'its certificate is not valid yet',
    'Wait until it is, or correct the clock of this machine.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'its certificate is self-signed',
    'Trust it by naming it as CA (tls.ca, --tls-ca).',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'its certificate comes from a CA that is not trusted here',
    'Name the file with the certificate of that CA (tls.ca, --tls-ca).',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'its certificate comes from a CA that is not trusted here',
    'Name the file with the certificate of that CA (tls.ca, --tls-ca).',
  ],
  UNABLE_TO_GET_ISSUER_CERT: [
    'its certificate comes from a CA that is not trusted here',
    'Name the file with the certificate of that CA (tls.ca, --tls-ca).',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'its certificate comes from a CA that is not trusted here',
    'Name the file with the certificate of that CA (tls.ca, --tls-ca).',
  ],
  CERT_SIGNATURE_FAILURE: [
    'the signature of its certificate is wrong: another CA of the same name is trusted here',
    'Name the file with the certificate of the right CA (tls.ca, --tls-ca).',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name',
    'Use an address that the certificate names, or say which name to expect (tls.server-name).',
  ],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: [
    'it demands a certificate of the client',
    'Give one: tls.cert and tls.key (--tls-cert, --tls-key).',
  ],
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ["it does not know the CA of the client's certificate", OWN_CERTIFICATE],
  ERR_SSL_TLSV1_ALERT_BAD_CERTIFICATE: ["it does not accept the client's certificate", OWN_CERTIFICATE],
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: ["it does not accept the client's certificate", OWN_CERTIFICATE],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: ["it does not accept the client's certificate", OWN_CERTIFICATE],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: ["the client's certificate has expired", 'Renew it.'],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: ['it breaks off the TLS handshake', OWN_CERTIFICATE],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'it does not begin with TLS',
    'Leave out handshake-first: this server begins in the clear.',
  ],
};

/** The end of a connection by an error of its socket. */
export function endByError(error: Error): LinkEnd {
  const code = codeOf(error);
  const [what, hint] = (code !== undefined && CERTIFICATE_TROUBLES[code]) || [];
  if (what === undefined || hint === undefined) return lost(messageOf(error));
  return refused(`${what} (${namesIn(error) ?? code})`, hint);
}

/** Which names a certificate has, and which it lacks, where that is the trouble. */
function namesIn(error: Error): string | undefined {
  if (codeOf(error) !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  const { host, cert } = error as Error & { host?: string; cert?: { subjectaltname?: string } };
  return `for ${cert?.subjectaltname ?? 'none'}; not for ${host}`;
}

const AUTHENTICATION = /^(authorization violation|(user|account) authentication (expired|revoked))/i;
const TOO_MANY = /^maximum (account active )?connections exceeded/i;

/** The end of a connection by what the server said last. */
export function endByServerError(text: string, access: ServerAccess): LinkEnd {
  if (TOO_MANY.test(text)) {
    return {
      ...lost(text),
      hint: 'Open fewer connections, or raise that limit of the server or the account.',
    };
  }
  if (!AUTHENTICATION.test(text)) return lost(text);
  const expiredAt = expiryOf(access);
  return expiredAt === undefined
    ? refused(text, authenticationHint(access))
    : refused(`${text}: the credentials expired at ${expiredAt}`, 'Have new credentials issued.');
}

/** When the credentials expired, if they have. */
function expiryOf({ jwt }: ServerAccess): string | undefined {
  const expiresAtMs = jwt === undefined ? undefined : readUserJwt(jwt)?.expiresAtMs;
  if (expiresAtMs === undefined || expiresAtMs > wallNow().getTime()) return undefined;
  return new Date(expiresAtMs).toISOString();
}

function authenticationHint({ user, password, token, nkeySeed, jwt }: ServerAccess): string {
  if (jwt !== undefined)
    return "Check that this system's operator vouches for the account of the credentials, and that they were not revoked.";
  if (nkeySeed !== undefined)
    return `Check that the server knows this NKey: ${nonceSigner(nkeySeed).publicKey}`;
  if (token !== undefined) return 'Check the token.';
  if (user !== undefined || password !== undefined) return 'Check the user and the password.';
  return 'This server lets nobody in without credentials: give them (docs/security.md says how).';
}
