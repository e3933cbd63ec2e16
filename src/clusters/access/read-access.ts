import { messageOf } from '../../base/errors.js';
import type { ServerAccess, TlsAccess } from '../../contracts/load.js';
import { checkCa, checkCertificate, checkKey } from './certificates.js';
import { parseCredentials, parseNkeySeed } from './credentials.js';
import { readTextFile, type UserPlace } from './secret-file.js';

/** A secret that is in a file, or that we have been given. */
export type SecretSource = { readonly file: string } | { readonly text: string };

/** Where an access comes from; files are not read yet. */
export interface AccessSources {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly nkey?: SecretSource;
  readonly creds?: SecretSource;
  readonly tls?: TlsSources;
}

/** Paths of PEM files, and how TLS is spoken. */
export interface TlsSources {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly verify?: boolean;
  readonly handshakeFirst?: boolean;
}

/** Which of the sources something is wrong with. */
export type AccessPart = 'auth' | 'nkey' | 'creds' | 'tls' | 'ca' | 'cert' | 'key';

/** Is told everything that is wrong; never a secret. */
export type TellProblem = (part: AccessPart, message: string) => void;

/** Reads every file once and checks what can be checked without a server. */
export function readAccess(
  sources: AccessSources,
  place: UserPlace,
  tell: TellProblem,
): Omit<ServerAccess, 'servers'> {
  const { user, password, token, nkey, creds, tls } = sources;
  const kinds = [
    ['user and password', user !== undefined || password !== undefined],
    ['token', token !== undefined],
    ['NKey', nkey !== undefined],
    ['credentials file', creds !== undefined],
  ] as const;
  const given = kinds.filter(([, isGiven]) => isGiven).map(([kind]) => kind);
  if (given.length > 1) tell('auth', `${given.join(' and ')} exclude each other: give one of them`);
  if (password !== undefined && user === undefined) tell('auth', 'a password needs a user');
  const secretOf = <T>(part: 'nkey' | 'creds', source: SecretSource, parse: (text: string) => T) =>
    attempt(part, tell, () => parseSecret(source, place, parse));
  const seed = nkey && secretOf('nkey', nkey, parseNkeySeed);
  const credentials = creds && secretOf('creds', creds, parseCredentials);
  const tlsAccess = tls && readTls(tls, place, tell);
  return {
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(token !== undefined && { token }),
    ...(seed !== undefined && { nkeySeed: seed }),
    ...credentials,
    ...(tlsAccess && { tls: tlsAccess }),
  };
}

function parseSecret<T>(source: SecretSource, place: UserPlace, parse: (text: string) => T): T {
  const text = 'file' in source ? readTextFile(source.file, place) : source.text;
  try {
    return parse(text);
  } catch (error) {
    throw 'file' in source ? new Error(`${source.file} ${messageOf(error)}`) : error;
  }
}

function readTls(sources: TlsSources, place: UserPlace, tell: TellProblem): TlsAccess {
  const { ca, cert, key, serverName, verify, handshakeFirst } = sources;
  const textOf = (part: 'ca' | 'cert' | 'key', file: string | undefined, check: (text: string) => void) =>
    file === undefined
      ? undefined
      : attempt(part, tell, () => {
          const text = readTextFile(file, place);
          try {
            check(text);
          } catch (error) {
            throw new Error(`${file} ${messageOf(error)}`);
          }
          return text;
        });
  if ((cert === undefined) !== (key === undefined)) {
    tell('tls', 'the certificate of a client and its private key belong together: give both');
  }
  const caText = textOf('ca', ca, checkCa);
  const certText = textOf('cert', cert, checkCertificate);
  const keyText = textOf('key', key, (text) => checkKey(text, certText));
  return {
    ...(caText !== undefined && { ca: caText }),
    ...(certText !== undefined && { cert: certText }),
    ...(keyText !== undefined && { key: keyText }),
    ...(serverName !== undefined && { serverName }),
    ...(verify !== undefined && { verify }),
    ...(handshakeFirst !== undefined && { handshakeFirst }),
  };
}

function attempt<T>(part: AccessPart, tell: TellProblem, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    tell(part, messageOf(error));
    return undefined;
  }
}
