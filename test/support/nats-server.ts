import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { readVarz } from '../../src/nats/endpoints.js';
import { provideTool, provideToolVersion } from '../../src/processes/tools/provide-tool.js';

// Where the product keeps it, so that it is built once for the tests and the runs of a machine.
const place = {
  cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stormglass'),
  path: process.env.PATH ?? '',
  env: process.env,
  progress: () => {},
};
const { path: serverPath } = await provideTool('nats-server', {
  ...place,
  signal: AbortSignal.timeout(600_000),
});

/** The nats-server that tests run: from the PATH, the cache, or built once by the Go toolchain. */
export function natsServerPath(): string {
  return serverPath;
}

/** The nats-server of one version, provided once for the tests and the runs of a machine. */
export async function natsServerOfVersion(version: string): Promise<string> {
  const signal = AbortSignal.timeout(600_000);
  return (await provideToolVersion('nats-server', version, { ...place, signal })).path;
}

export interface TestServerOptions {
  readonly jetstream?: boolean;
  /** nats-server settings beside host, ports and store directory: `{ max_payload: 1024 }`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** One real nats-server on random ports of 127.0.0.1; `await using` ends it and removes what it wrote. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:43211` */
  readonly monitorUrl: string;
  readonly access: ServerAccess;
  readonly pid: number;
  readonly logFile: string;
  /** Puts these settings in the place of its own ones, and has it read them, which takes it a moment. */
  reload(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** Sends the signal and waits for the end; SIGTERM unless told. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'stormglass-test-server-'));
  const portsDirectory = join(directory, 'ports');
  const configFile = join(directory, 'server.conf');
  const logFile = join(directory, 'server.log');
  await mkdir(portsDirectory);
  const configure = (config: TestServerOptions['config']) =>
    writeFile(
      configFile,
      JSON.stringify({
        ...(options.jetstream ? { jetstream: { store_dir: join(directory, 'store') } } : {}),
        ...patient(config),
      }),
    );
  await configure(options.config);
  const log = openSync(logFile, 'a');
  const child = spawn(
    natsServerPath(),
    ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '-c', configFile, '--ports_file_dir', portsDirectory],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  // For a test that ends without having disposed of its server.
  const cleanAtExit = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', cleanAtExit);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    const escalation = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(escalation);
  };
  const dispose = async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
    process.off('exit', cleanAtExit);
  };
  const ports = await readPorts(portsDirectory, child);
  if (!ports) {
    const text = await readFile(logFile, 'utf8');
    await dispose();
    throw new Error(`the test server did not start:\n${text}`);
  }
  return {
    ...ports,
    access: { servers: [{ host: '127.0.0.1', port: ports.port }] },
    pid: child.pid!,
    logFile,
    reload: async (config) => {
      await configure(config);
      child.kill('SIGHUP');
    },
    stop,
    [Symbol.asyncDispose]: dispose,
  };
}

/** A test that stands still while it connects is not turned away for that. */
function patient(config: TestServerOptions['config'] = {}): object {
  const { authorization, tls, ...more } = config;
  const timeout = 60;
  return {
    ...more,
    authorization: { timeout, ...(authorization as object | undefined) },
    ...(tls !== undefined && { tls: { timeout, ...(tls as object) } }),
  };
}

/** How many messages clients have sent to a server. It may have answered a PING before it has counted what came before. */
export async function messagesInto({ monitorUrl }: Pick<TestServer, 'monitorUrl'>): Promise<number> {
  return (await readVarz(monitorUrl)).in_msgs;
}

/** What the server wrote about the ports it took, once it accepts connections and (with JetStream) is ready. */
async function readPorts(directory: string, child: ChildProcess) {
  return await waitFor(
    async () => {
      if (child.exitCode !== null || child.pid === undefined) return 'ended' as const;
      const [file] = await readdir(directory);
      if (!file) return undefined;
      const ports = JSON.parse(await readFile(join(directory, file), 'utf8'));
      const monitorUrl = ports.monitoring[0] as string;
      if (!(await fetch(`${monitorUrl}/healthz`)).ok) return undefined;
      return { port: Number(new URL(ports.nats[0]).port), monitorUrl };
    },
    { timeoutMs: 60_000, everyMs: 20 },
  ).then((ports) => (ports === 'ended' ? undefined : ports));
}
