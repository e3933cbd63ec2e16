/** Where Docker's engine listens unless DOCKER_HOST says otherwise. */
const DEFAULT_ENGINE = 'unix:///var/run/docker.sock';

/** What dockerode takes of an address. */
export type EngineEndpoint =
  | { readonly socketPath: string }
  | { readonly protocol: 'http'; readonly host: string; readonly port: number };

/** The engine that a user's `docker` command talks to, as `unix:///…` or `tcp://host:port`. */
export function engineOf(env: Readonly<Record<string, string | undefined>>): string {
  return env.DOCKER_HOST || DEFAULT_ENGINE;
}

/** @throws Error that says what was expected, for an engine behind SSH or TLS too */
export function parseEngine(engine: string): EngineEndpoint {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(engine) ?? [];
  if (scheme === 'unix' && rest.startsWith('/')) return { socketPath: rest };
  if (scheme === 'tcp' || scheme === 'http') {
    const { hostname, port } = new URL(`http://${rest}`);
    return { protocol: 'http', host: hostname, port: Number(port || 2375) };
  }
  throw new Error(
    `the Docker engine ${engine} cannot be reached: expected unix:///path/of/docker.sock or tcp://host:port, without SSH or TLS`,
  );
}
