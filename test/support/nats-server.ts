import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';

const serverPath = await provideServer();

/** The nats-server that tests run: from the PATH, the cache, or built once by the Go toolchain. */
export function natsServerPath(): string {
  return serverPath;
}

async function provideServer(): Promise<string> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, 'nats-server');
    if (directory && existsSync(path)) return path;
  }
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stormglass', 'tools');
  const target = join(cache, `nats-server-2.15.2-${process.platform}-${process.arch}`, 'nats-server');
  const lock = `${dirname(target)}.lock`;
  mkdirSync(cache, { recursive: true });
  const built = await waitFor(
    () => {
      if (existsSync(target)) return true;
      mkdirSync(lock);
      try {
        const temporary = `${lock}/nats-server`;
        const tools = fileURLToPath(new URL('../../tools', import.meta.url));
        execFileSync(
          'go',
          ['build', '-C', tools, '-trimpath', '-o', temporary, 'github.com/nats-io/nats-server/v2'],
          {
            env: { ...process.env, CGO_ENABLED: '0' },
          },
        );
        mkdirSync(dirname(target), { recursive: true });
        renameSync(temporary, target);
        return true;
      } finally {
        rmSync(lock, { recursive: true, force: true });
      }
    },
    { timeoutMs: 300_000, everyMs: 200 },
  );
  if (!built) throw new Error('no nats-server for the tests: put one on the PATH, or install Go');
  return target;
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
  /** Sends the signal and waits for the end; SIGTERM unless told. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'stormglass-test-server-'));
  const portsDirectory = join(directory, 'ports');
  const configFile = join(directory, 'server.conf');
  const logFile = join(directory, 'server.log');
  await mkdir(portsDirectory);
  await writeFile(
    configFile,
    JSON.stringify({
      ...(options.jetstream ? { jetstream: { store_dir: join(directory, 'store') } } : {}),
      ...options.config,
    }),
  );
  const log = openSync(logFile, 'a');
  const child = spawn(
    natsServerPath(),
    ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '-c', configFile, '--ports_file_dir', portsDirectory],
    { stdio: ['ignore', log, log] },
  );
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    const escalation = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(escalation);
    process.off('exit', killAtExit);
  };
  const dispose = async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
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
    stop,
    [Symbol.asyncDispose]: dispose,
  };
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
    { timeoutMs: 20_000, everyMs: 20 },
  ).then((ports) => (ports === 'ended' ? undefined : ports));
}
