import { type Command, Option } from 'commander';
import type { RunMonitorOptions } from '../app/index.js';

/** Options of a command that connects to a NATS system, with the variables of the `nats` command. */
export function addAccessOptions(command: Command): Command {
  return command
    .addOption(new Option('--user <name>', 'user name').env('NATS_USER'))
    .addOption(new Option('--password <text>', 'password').env('NATS_PASSWORD'))
    .addOption(new Option('--token <text>', 'token').env('NATS_TOKEN'))
    .addOption(new Option('--creds <file>', 'credentials file: JWT and seed of a user').env('NATS_CREDS'))
    .addOption(new Option('--nkey <file>', 'file with the seed of an NKey').env('NATS_NKEY'))
    .addOption(
      new Option('--tls-ca <file>', 'PEM file with the CAs to trust, instead of Node’s own').env('NATS_CA'),
    )
    .addOption(new Option('--tls-cert <file>', 'PEM file with the client’s certificate').env('NATS_CERT'))
    .addOption(new Option('--tls-key <file>', 'PEM file with the certificate’s private key').env('NATS_KEY'))
    .option('--tls-server-name <name>', 'name that the server’s certificate is for')
    .option('--tls-first', 'begin with TLS, for servers with handshake_first')
    .addOption(
      new Option('--context <name>', 'context of the `nats` command, by name or path').env('NATS_CONTEXT'),
    );
}

/** What commander makes of them. */
export interface AccessOptionValues {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly creds?: string;
  readonly nkey?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly tlsFirst?: boolean;
  readonly context?: string;
}

const CREDENTIALS = ['user', 'password', 'token', 'creds', 'nkey'] as const;

/** Where to get in and how, of what the options and the environment say: an option goes before a variable. */
export function accessOf(
  command: Command,
  values: AccessOptionValues,
): Pick<RunMonitorOptions, 'access' | 'context'> {
  const isGiven = (key: keyof AccessOptionValues): boolean => command.getOptionValueSource(key) === 'cli';
  const credentialsGiven = CREDENTIALS.some(isGiven);
  const contextGiven = isGiven('context');
  const taken = (key: (typeof CREDENTIALS)[number]): string | undefined => {
    // A password from the environment belongs to the user who is named by an option.
    const fitsUser = key === 'password' && isGiven('user');
    const isOverruled = (credentialsGiven && !fitsUser) || contextGiven;
    return isOverruled && !isGiven(key) ? undefined : values[key];
  };
  const [user, password, token, creds, nkey] = CREDENTIALS.map(taken);
  const tlsTaken = <T>(name: keyof AccessOptionValues, value: T): T | undefined =>
    contextGiven && !isGiven(name) ? undefined : value;
  const ca = tlsTaken('tlsCa', values.tlsCa);
  const cert = tlsTaken('tlsCert', values.tlsCert);
  const key = tlsTaken('tlsKey', values.tlsKey);
  const { tlsServerName: serverName, tlsFirst } = values;
  const hasTls = [ca, cert, key, serverName, tlsFirst].some((value) => value !== undefined);
  return {
    access: {
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(token !== undefined && { token }),
      ...(creds !== undefined && { creds: { file: creds } }),
      ...(nkey !== undefined && { nkey: { file: nkey } }),
      ...(hasTls && {
        tls: {
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          ...(serverName !== undefined && { serverName }),
          ...(tlsFirst && { handshakeFirst: true }),
        },
      }),
    },
    ...(values.context !== undefined && { context: values.context }),
  };
}
