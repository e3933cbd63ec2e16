import { UsageError } from '../base/errors.js';
import type { Secret } from '../base/secret.js';
import type { ServerAccess } from '../contracts/load.js';
import { ContextError, readCliContext } from './access/cli-context.js';
import { type AccessPart, type AccessSources, readAccess, type SecretSource } from './access/read-access.js';
import type { UserPlace } from './access/secret-file.js';
import type { ExternalClusterParams } from './external-cluster-schema.js';
import type { ParsedAddress } from './server-url.js';

/** Something that is wrong with the files or variables that a scenario names. */
export interface AccessProblem {
  /** Below `cluster`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface ExternalAccess {
  readonly servers: readonly ParsedAddress[];
  readonly access: ServerAccess;
}

/**
 * Reads everything that the scenario names, for use: files, environment variables, a context of the `nats` command.
 * @throws UsageError with the first thing that is wrong
 */
export function readExternalAccess(params: ExternalClusterParams, place: UserPlace): ExternalAccess {
  const { problems, ...found } = examine(params, place, true);
  const [problem] = problems;
  if (problem !== undefined) {
    const where = ['cluster', ...problem.path].join('.');
    throw new UsageError(
      `${where}: ${problem.message}`,
      problem.hint === undefined ? {} : { hint: problem.hint },
    );
  }
  return found;
}

/**
 * Everything that can be told to be wrong by reading the files that a scenario names. A variable that is not set is
 * not among it: where a scenario is checked, its secrets need not be at hand.
 */
export function findAccessProblems(
  params: ExternalClusterParams,
  place: UserPlace,
): readonly AccessProblem[] {
  return examine(params, place, false).problems;
}

function examine(
  params: ExternalClusterParams,
  place: UserPlace,
  isForUse: boolean,
): ExternalAccess & { problems: readonly AccessProblem[] } {
  const problems: AccessProblem[] = [];
  const fromContext = readContext(params, place, problems);
  const given = params.nodes?.map(({ url }) => url) ?? params.servers;
  const servers = given ?? fromContext.servers;
  if (given === undefined) {
    for (const { address } of servers.filter((server) => !params.allow.includes(server.address))) {
      problems.push({
        path: ['context'],
        message: `it leads to ${address}, which is not in \`allow\`: a system that stormglass did not start is loaded only where that says so`,
        hint: `Add it: allow: [${servers.map((server) => `"${server.address}"`).join(', ')}]`,
      });
    }
  }
  const urls = params['monitor-urls'];
  if (given === undefined && urls && servers.length > 0 && urls.length !== servers.length) {
    problems.push({
      path: ['monitor-urls'],
      message: `${urls.length} URLs for the ${servers.length} servers of the context: give one for each, or none`,
    });
  }
  const sources: AccessSources = {
    ...fromContext.sources,
    ...(params.auth && { ...NOBODY, ...authSources(params.auth, place, isForUse, problems) }),
    ...(params.tls && { tls: tlsSources(params.tls) }),
  };
  const access = readAccess(sources, place, (part, message) => {
    problems.push({ path: pathOf(part, params), message });
  });
  const needsTls = servers.some(({ tls }) => tls);
  return {
    servers,
    access: {
      servers: servers.map(({ host, port }) => ({ host, port })),
      ...(needsTls && { tls: {} }),
      ...access,
    },
    problems,
  };
}

function readContext(
  { context }: ExternalClusterParams,
  place: UserPlace,
  problems: AccessProblem[],
): { readonly servers: readonly ParsedAddress[]; readonly sources: AccessSources } {
  if (context === undefined) return { servers: [], sources: {} };
  try {
    return readCliContext(context, place);
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    problems.push({ path: ['context'], message: error.message, hint: error.hint });
    return { servers: [], sources: {} };
  }
}

/** `auth` of a scenario takes the place of all that a context says of credentials. */
const NOBODY = { user: undefined, password: undefined, token: undefined, nkey: undefined, creds: undefined };

type Auth = NonNullable<ExternalClusterParams['auth']>;

function authSources(
  auth: Auth,
  { env }: UserPlace,
  isForUse: boolean,
  problems: AccessProblem[],
): AccessSources {
  const variableOf = (key: keyof Auth & `${string}-env`): string | undefined => {
    const variable = auth[key];
    if (variable === undefined) return undefined;
    const value = env[variable as string];
    if (!value && isForUse) {
      problems.push({
        path: ['auth', key],
        message: `the environment variable ${variable} is not set`,
        hint: `Set it to the secret, such as with \`export ${variable}=…\`.`,
      });
    }
    return value || undefined;
  };
  const revealed = (secret: Secret | undefined): string | undefined => secret?.reveal();
  const source = (file: string | undefined, text: string | undefined): SecretSource | undefined => {
    if (file !== undefined) return { file };
    return text === undefined ? undefined : { text };
  };
  return defined({
    user: auth.user ?? variableOf('user-env'),
    password: revealed(auth.password) ?? variableOf('password-env'),
    token: revealed(auth.token) ?? variableOf('token-env'),
    nkey: source(auth['nkey-file'], variableOf('nkey-env')),
    creds: source(auth['creds-file'], variableOf('creds-env')),
  });
}

function tlsSources(tls: NonNullable<ExternalClusterParams['tls']>): NonNullable<AccessSources['tls']> {
  const {
    'server-name': serverName,
    'handshake-first': handshakeFirst,
    ...same
  } = {
    'server-name': undefined,
    'handshake-first': undefined,
    ...tls,
  };
  return defined({ ...same, serverName, handshakeFirst });
}

/** Where in the scenario the part stands: in `auth` or `tls`, or else in the context. */
function pathOf(part: AccessPart, { auth, tls, context }: ExternalClusterParams): (string | number)[] {
  switch (part) {
    case 'nkey':
    case 'creds': {
      if (auth === undefined) return ['context'];
      const keys = [`${part}-file`, `${part}-env`] as const;
      return ['auth', ...keys.filter((key) => auth[key as keyof Auth] !== undefined)];
    }
    case 'auth':
      return auth === undefined ? ['context'] : ['auth'];
    default: {
      if (tls === undefined && context !== undefined) return ['context'];
      return part === 'tls' ? ['tls'] : ['tls', part];
    }
  }
}

/** The same without what is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
