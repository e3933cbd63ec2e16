import type { z } from 'zod';

/**
 * What a scenario's passed-through settings may not set, because stormglass does: by its block ('' is the top), with
 * what to do instead.
 */
const OWNED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    ...because(
      'stormglass chooses addresses and ports',
      'listen',
      'host',
      'net',
      'port',
      'http',
      'https',
      'http_port',
    ),
    ...because('stormglass chooses addresses and ports', 'monitor_port', 'https_port', 'http_base_path'),
    ...because('stormglass names the servers n1, n2, …', 'server_name'),
    ...because('the log goes to the logs of the run', 'log_file', 'logfile', 'syslog', 'remote_syslog'),
    ...because('stormglass keeps track of its servers itself', 'pid_file', 'pidfile', 'ports_file_dir'),
    ...because('stores go to a directory of the run', 'store_dir', 'storedir'),
    ...because(
      "stormglass sets up an account for the load, and the system's: say how with `auth` beside `config`",
      'accounts',
      'authorization',
      'operator',
      'operators',
      'trusted_keys',
      'resolver',
      'resolver_preload',
      'system_account',
      'system',
      'no_auth_user',
      'no_system_account',
    ),
    ...because('say `tls: true` or `tls: { verify: true }` beside `config`', 'tls', 'allow_non_tls'),
    ...because('settings are passed through, files are not', 'include'),
  },
  cluster: {
    ...because('stormglass chooses addresses and ports', 'listen', 'host', 'net', 'port', 'routes'),
    ...because('the name is unique for each run', 'name'),
    ...because('it would keep the servers from each other', 'authorization'),
    ...because('say `tls: true` beside `config`: routes are encrypted then, too', 'tls'),
  },
  jetstream: {
    ...because('stores go to a directory of the run', 'store_dir', 'storedir', 'store'),
    ...because(
      'say `jetstream: true` or `jetstream: false` beside `config`',
      'enabled',
      'enable',
      'disabled',
      'disable',
    ),
  },
};

function because(reason: string, ...keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, reason]));
}

/** Adds an issue, with its path, for every setting that cannot be passed through. nats-server ignores case in keys. */
export function checkSettings(
  settings: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx<Record<string, unknown>>,
): void {
  const refuse = (path: readonly string[], reason: string) =>
    context.addIssue({
      code: 'custom',
      path: [...path],
      message: `${path.join('.')} cannot be set here: ${reason}`,
    });
  for (const [key, value] of Object.entries(settings)) {
    const block = key.toLowerCase();
    const reason = OWNED['']?.[block];
    if (reason !== undefined) refuse([key], reason);
    const owned = OWNED[block];
    if (owned === undefined || block === '') continue;
    if (!isBlock(value)) {
      refuse([key], 'only a block of settings is passed through');
      continue;
    }
    for (const inner of Object.keys(value)) {
      const why = owned[inner.toLowerCase()];
      if (why !== undefined) refuse([key, inner], why);
    }
  }
  for (const path of unwritable(settings)) refuse(path, 'it has no value');
}

export function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where null and the like stand, for which nats-server's format has no word. */
function unwritable(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => unwritable(item, [...path, String(i)]));
  if (isBlock(value)) return Object.entries(value).flatMap(([key, item]) => unwritable(item, [...path, key]));
  return ['string', 'number', 'boolean'].includes(typeof value) ? [] : [path];
}
