import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { suggestion } from '../../base/nearest.js';
import { type ParsedAddress, parseServerUrl } from '../server-url.js';
import type { AccessSources, TlsSources } from './read-access.js';
import { readTextFile, type UserPlace } from './secret-file.js';

/** What a context of the `nats` command says, as far as it matters here. */
export interface CliContext {
  readonly servers: readonly ParsedAddress[];
  readonly sources: AccessSources;
}

/** A context that cannot be used: why, and what to do. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

const DEFAULT_URL = 'nats://127.0.0.1:4222';

/** Settings that change nothing for us. */
const FOR_PEOPLE = ['name', 'description', 'color_scheme'];

const TAKEN = [
  'url',
  'user',
  'password',
  'token',
  'creds',
  'nkey',
  'ca',
  'cert',
  'key',
  'tls_first',
] as const;

/** Settings that would change where or how we connect, and that we cannot follow: what to do instead. */
const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  nsc: 'Write the credentials out, with `nsc generate creds`, and name the file as creds.',
  user_jwt: 'Put the JWT and its seed into a credentials file, and name that as creds.',
  socks_proxy: 'stormglass connects directly: use a context without a proxy.',
  jetstream_domain:
    'stormglass uses the JetStream of the servers it connects to: connect to those of the domain.',
  jetstream_api_prefix: 'stormglass uses the JetStream API at $JS.API: use an account that has it there.',
  jetstream_event_prefix:
    'stormglass listens to advisories at $JS.EVENT: use an account that has them there.',
  inbox_prefix: 'stormglass takes its answers at _INBOX.>: use a user who may subscribe to that.',
};

/**
 * Reads a context of the `nats` command, by its name or by the path of its file. Throws a ContextError for one that is
 * not there, cannot be read, or says what cannot be followed.
 */
export function readCliContext(nameOrPath: string, place: UserPlace): CliContext {
  const settings = settingsOf(nameOrPath, place);
  for (const [key, value] of Object.entries(settings)) {
    if (value === '' || value === false || value === null || (Array.isArray(value) && value.length === 0))
      continue;
    if (FOR_PEOPLE.includes(key) || TAKEN.some((taken) => taken === key)) continue;
    throw new ContextError(
      `the context ${nameOrPath} sets ${key}, which stormglass does not follow`,
      NOT_FOLLOWED[key] ?? 'Use a context without it, or say servers, auth and tls yourself.',
    );
  }
  const text = (key: (typeof TAKEN)[number]): string | undefined => {
    const value = settings[key];
    if (value === undefined || value === '' || typeof value === 'boolean') return undefined;
    if (typeof value !== 'string') throw new ContextError(`the context ${nameOrPath}: ${key} is no text`);
    return value;
  };
  const { servers, user, password, token } = serversIn(text('url') ?? DEFAULT_URL, nameOrPath);
  const creds = text('creds');
  if (creds?.startsWith('op://')) {
    throw new ContextError(
      `the context ${nameOrPath} keeps its credentials in 1Password, which stormglass does not ask`,
      `Write them to a file, with \`op read ${creds}\`, and name that as creds.`,
    );
  }
  const nkey = text('nkey');
  return {
    servers,
    sources: {
      ...optional('user', text('user') ?? user),
      ...optional('password', text('password') ?? password),
      ...optional('token', text('token') ?? token),
      ...(creds !== undefined && { creds: { file: expandVariables(creds, place) } }),
      ...(nkey !== undefined && { nkey: { file: nkey } }),
      ...tlsIn(text('ca'), text('cert'), text('key'), settings.tls_first === true),
    },
  };
}

function settingsOf(nameOrPath: string, place: UserPlace): Record<string, unknown> {
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.json');
  const directory = isPath
    ? ''
    : join(place.env.XDG_CONFIG_HOME || join(place.home, '.config'), 'nats', 'context');
  let text: string;
  try {
    text = readTextFile(isPath ? nameOrPath : join(directory, `${nameOrPath}.json`), place);
  } catch (error) {
    if (isPath) throw new ContextError(`the context ${messageOf(error)}`);
    const known = contextsIn(directory);
    throw new ContextError(
      known.includes(nameOrPath)
        ? `the context ${messageOf(error)}`
        : `there is no context \`${nameOrPath}\` in ${directory}`,
      known.length === 0
        ? 'The `nats context add` command makes one; a path can be given, too.'
        : suggestion(nameOrPath, known, 'There are'),
    );
  }
  try {
    const settings: unknown = JSON.parse(text);
    if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) {
      return settings as Record<string, unknown>;
    }
  } catch {
    // What it is instead is not repeated: it may hold secrets.
  }
  throw new ContextError(`the context ${nameOrPath} is not a JSON object, as the \`nats\` command writes it`);
}

function contextsIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort();
  } catch {
    return [];
  }
}

interface ContextServers extends Pick<AccessSources, 'user' | 'password' | 'token'> {
  readonly servers: readonly ParsedAddress[];
}

/** `nats://a:4222,nats://user:password@b:4222`: the first credentials are those of all. */
function serversIn(urls: string, context: string): ContextServers {
  let credentials: Omit<ContextServers, 'servers'> = {};
  const servers = urls
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
    .map((url) => {
      const [, scheme = '', userInfo, rest = ''] = /^(\w+:\/\/)?(?:([^/@]*)@)?(.*)$/s.exec(url) ?? [];
      if (userInfo !== undefined) {
        const [name = '', ...password] = userInfo.split(':').map(decodeUri);
        credentials = password.length === 0 ? { token: name } : { user: name, password: password.join(':') };
      }
      const parsed = parseServerUrl(scheme + rest);
      if ('problem' in parsed) throw new ContextError(`the context ${context}: ${parsed.problem}`);
      return parsed;
    });
  return { servers, ...credentials };
}

function tlsIn(
  ca: string | undefined,
  cert: string | undefined,
  key: string | undefined,
  handshakeFirst: boolean,
): { tls?: TlsSources } {
  if (ca === undefined && cert === undefined && key === undefined && !handshakeFirst) return {};
  return {
    tls: {
      ...optional('ca', ca),
      ...optional('cert', cert),
      ...optional('key', key),
      ...(handshakeFirst && { handshakeFirst }),
    },
  };
}

const optional = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };

const decodeUri = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** `$HOME` and `${HOME}`, as the `nats` command expands them. */
const expandVariables = (text: string, { env }: UserPlace): string =>
  text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => env[braced ?? bare] ?? '');
