import { PreflightError, UsageError } from '../base/errors.js';
import { maskAddress } from '../base/secret.js';
import { type CliContext, ContextError, readCliContext } from '../clusters/access/cli-context.js';
import { type AccessSources, readAccess } from '../clusters/access/read-access.js';
import { parseServerUrl } from '../clusters/server-url.js';
import type { LoadNotice, ServerAccess, ServerAddress } from '../contracts/load.js';
import type { ServerTarget } from '../contracts/monitor.js';
import type { MonitorPartition, MonitorPlan } from '../contracts/plan/monitor.js';
import { type MonitorService, startMonitorService } from '../monitor/monitor-service.js';
import { isMonitoringEndpoint } from '../monitor/servers/probes-schema.js';
import { throwWhereRefused } from '../nats/refused-access.js';
import { readPattern } from '../scenario/monitored-subject.js';
import { readScenario } from '../scenario/read-scenario.js';
import { parseMonitorConfig } from '../scenario/resolve-monitor.js';
import { MONITOR_SECTIONS } from './plugins.js';
import { userPlace } from './user-place.js';

export interface RunMonitorOptions {
  /** `nats://host:port`, one or more of one system; those of the context unless given. */
  readonly servers?: readonly string[];
  /** Context of the `nats` command, by name or path. What is given beside it goes before it. */
  readonly context?: string;
  /** Credentials, and the files of credentials and of TLS. */
  readonly access?: AccessSources;
  /** For contexts: where configuration files and variables are. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** File of the monitor's configuration; what is given beside it goes before it. */
  readonly config?: string;
  /** `http://127.0.0.1:8222`: monitoring endpoints of the servers, all that there should be; those of the file unless told. */
  readonly natsUrls?: readonly string[];
  /** Context of the `nats` command for the account of the system: without endpoints the servers are found through it. */
  readonly systemContext?: string;
  /** `cim.events.{domain}.{type}` unless told. */
  readonly pattern?: string;
  /** Where /metrics is served; 0: any that is free; 9091 unless told. */
  readonly port?: number;
  readonly host: string;
  /** `2/3`: which of several monitors it is, from 1 on, of how many; all of them are told the same otherwise. */
  readonly partition?: string;
  readonly onNotice: (notice: LoadNotice) => void;
}

export interface RunningMonitor extends MonitorService {
  /** What it is subscribed to: `cim.events.>`. */
  readonly subject: string;
}

/** A server that says no later than that is not waited for at the start: it is told then. */
const REFUSED_WITHIN_MS = 5000;

const DEFAULT_SERVER = 'nats://127.0.0.1:4222';

/**
 * The event → metric service alone, against any NATS. Where no server can be reached, it serves its page, and waits for one.
 * @throws UsageError for an address, a pattern, a file or a context that cannot be used; PreflightError when it
 *   cannot start
 */
export async function runMonitor(options: RunMonitorOptions): Promise<RunningMonitor> {
  const plan = planOf(options);
  const place = userPlace(options.env);
  const context = options.context === undefined ? undefined : contextOf('--context', options.context, place);
  const servers = options.servers?.map(addressOf) ?? context?.servers ?? [addressOf(DEFAULT_SERVER)];
  const access = readAccess(sourcesOf(options.access, context?.sources), place, (part, message) => {
    throw new UsageError(`${OPTIONS[part]}: ${message}`);
  });
  const systemAccess =
    options.systemContext === undefined
      ? undefined
      : await systemAccessOf(options.systemContext, servers, place);
  const monitor = await startMonitorService(
    {
      plan,
      host: options.host,
      access: {
        servers: servers.map(({ host, port }) => ({ host, port })),
        ...(servers.some((server) => server.tls) && { tls: {} }),
        ...access,
      },
      writers: [],
      waitsForServer: true,
      servers: {
        targets: (options.natsUrls ?? []).map(endpointOf),
        ...(systemAccess && { systemAccess }),
      },
    },
    { onReport: () => {}, onNotice: options.onNotice },
  );
  return Object.assign(monitor, { subject: plan.subject });
}

function planOf({ config, pattern, port, partition }: RunMonitorOptions): MonitorPlan {
  const text = config === undefined ? '{}' : readScenario(config);
  const plan = parseMonitorConfig(text, config ?? 'the defaults', MONITOR_SECTIONS);
  const subjects = pattern === undefined ? plan : readPattern(pattern);
  if ('problem' in subjects) {
    throw new UsageError(`--subject ${pattern}: ${subjects.problem}`, {
      hint: 'It looks like cim.events.{domain}.{type}.',
    });
  }
  if ((plan.partitions ?? 1) > 1) {
    throw new UsageError(`${config}: partitions is for the monitor of a run`, {
      hint: 'Start several, each with --partition: 1/3, 2/3, 3/3.',
    });
  }
  return {
    ...plan,
    ...subjects,
    ...(port !== undefined && { port }),
    ...(partition !== undefined && { partition: partitionOf(partition) }),
  };
}

function partitionOf(text: string): MonitorPartition {
  const [, number = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (number < 1 || of < number) {
    throw new UsageError(`--partition ${text}: expected which of how many, from 1 on`, {
      hint: 'It looks like 2/3.',
    });
  }
  return { index: number - 1, of };
}

/** Which option, or field of a context, a part of an access comes from. */
const OPTIONS = {
  auth: 'credentials',
  nkey: '--nkey',
  creds: '--creds',
  tls: '--tls-cert and --tls-key',
  ca: '--tls-ca',
  cert: '--tls-cert',
  key: '--tls-key',
} as const;

function contextOf(option: string, name: string, place: Parameters<typeof readCliContext>[1]): CliContext {
  try {
    return readCliContext(name, place);
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    throw new UsageError(`${option}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
  }
}

function addressOf(text: string) {
  const parsed = parseServerUrl(text);
  if ('problem' in parsed) throw new UsageError(`--server ${maskAddress(text)}: ${parsed.problem}`);
  return parsed;
}

function endpointOf(text: string): ServerTarget {
  if (!isMonitoringEndpoint(text)) {
    throw new UsageError(`--nats-url ${maskAddress(text)}: no address of a monitoring endpoint`, {
      hint: 'It looks like http://127.0.0.1:8222.',
    });
  }
  return { monitorUrl: text };
}

/** By its own servers where the context names some, else by those of the events; throws where one refuses it. */
async function systemAccessOf(
  name: string,
  servers: readonly (ServerAddress & { readonly tls?: boolean })[],
  place: Parameters<typeof readCliContext>[1],
): Promise<ServerAccess> {
  const context = contextOf('--system-context', name, place);
  const own = context.servers ?? servers;
  const access = {
    servers: own.map(({ host, port }) => ({ host, port })),
    ...(own.some((server) => server.tls) && { tls: {} }),
    ...readAccess(sourcesOf({}, context.sources), place, (part, message) => {
      throw new UsageError(`--system-context: ${OPTIONS[part]}: ${message}`);
    }),
  };
  try {
    await throwWhereRefused(access, 'stormglass monitor system', REFUSED_WITHIN_MS);
  } catch (thrown) {
    if (!(thrown instanceof PreflightError)) throw thrown;
    throw new PreflightError(
      `--system-context: ${thrown.message}`,
      thrown.hint === undefined ? {} : { hint: thrown.hint },
    );
  }
  return access;
}

/** Credentials, and TLS, are each taken as a whole: from the command line where it says anything of them. */
function sourcesOf(given: AccessSources = {}, fromContext: AccessSources = {}): AccessSources {
  const { tls = fromContext.tls, ...credentials } = given;
  const { tls: _tls, ...others } = fromContext;
  return {
    ...(Object.keys(credentials).length > 0 ? credentials : others),
    ...(tls !== undefined && { tls }),
  };
}
