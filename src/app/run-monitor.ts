import { UsageError } from '../base/errors.js';
import { parseServerUrl } from '../clusters/server-url.js';
import type { LoadNotice } from '../contracts/load.js';
import type { MonitorHandle } from '../contracts/monitor.js';
import { startMonitorService } from '../monitor/monitor-service.js';
import { readPattern } from '../scenario/monitored-subject.js';

export interface RunMonitorOptions {
  /** `nats://host:port`, one or more of one system. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** `cim.events.{domain}.{type}` */
  readonly pattern: string;
  /** Where /metrics is served; 0: any that is free. */
  readonly port: number;
  readonly host: string;
  readonly onNotice: (notice: LoadNotice) => void;
}

/**
 * The event → metric service alone, against any NATS; it only listens.
 * @throws UsageError for an address or a pattern that is none, PreflightError when it cannot start
 */
export async function runMonitor(options: RunMonitorOptions): Promise<MonitorHandle> {
  const { user, password, token } = options;
  const subjects = readPattern(options.pattern);
  if (subjects === undefined) {
    throw new UsageError(
      `--subject ${options.pattern}: expected a subject with {domain} and {type} as tokens`,
      {
        hint: 'such as cim.events.{domain}.{type}',
      },
    );
  }
  const servers = options.servers.map((text) => {
    const parsed = parseServerUrl(text);
    if ('problem' in parsed) throw new UsageError(`--server ${text}: ${parsed.problem}`);
    return { host: parsed.host, port: parsed.port };
  });
  return startMonitorService(
    {
      plan: { port: options.port, ...subjects },
      host: options.host,
      access: {
        servers,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
        ...(token !== undefined && { token }),
      },
      writers: [],
    },
    { onReport: () => {}, onNotice: options.onNotice },
  );
}
